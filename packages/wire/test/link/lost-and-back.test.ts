import { describe, expect, test } from 'vitest';
import { linksOf, pair, remotePatterns, star } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';

describe('a link that is lost', () => {
  test('comes back by itself, with all interest, and sends nothing twice', async () => {
    const two = await pair();
    const got: unknown[] = [];
    two.right.subscribe('a', ({ payload }) => void got.push(payload));
    two.left.subscribe('b', ({ payload }) => void got.push(payload));
    await two.settle();
    await two.left.publish('a', 1);
    await two.right.publish('b', 2);
    await two.settle();
    two.link.cut();
    await two.settle();
    expect(remotePatterns(two.left)).toEqual([]);
    await two.env.advance(500);
    expect(remotePatterns(two.left)).toEqual(['a']);
    expect(remotePatterns(two.right)).toEqual(['b']);
    await two.left.publish('a', 3);
    await two.right.publish('b', 4);
    await two.settle();
    expect(got).toEqual([1, 2, 3, 4]);
  });

  test('is tried again with a backoff that grows, up to its bound', async () => {
    const two = await pair({}, { reconnect: { baseMs: 100, factor: 2, maxMs: 1000 } });
    two.link.isUnplugged = true;
    two.link.cut();
    two.link.dials.length = 0;
    await two.env.advance(20_000);
    const { dials } = two.link;
    const waits = dials.slice(1).map((at, n) => at - (dials[n] as number));
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    expect(waits.length).toBeGreaterThan(19);
    expect(waits.length).toBeLessThan(80);
    two.link.isUnplugged = false;
    await two.env.advance(2000);
    expect(linksOf(two.left)).toMatchObject([{ state: 'up' }]);
  });

  test('counts what waited for it, and was lost with it', async () => {
    const two = await pair();
    two.right.subscribe('a', () => undefined, { capacity: 10, overflow: 'block' });
    await two.settle();
    two.link.isStalled = true;
    for (let n = 0; n < 6; n++) void two.left.publish('a', n).catch(() => undefined);
    await two.settle();
    two.link.cut();
    await two.settle();
    const { accepted, inFlight, ended } = two.left.inspect().outcomes;
    expect(inFlight).toBe(0);
    expect(accepted).toBe(6);
    expect(ended.forwarded + ended.rejected + (ended.dropped['peer-gone'] ?? 0)).toBe(6);
  });

  test('is replaced at once by the same bus on a new connection', async () => {
    const two = await pair({ heartbeat: { intervalMs: 1e6, suspectMs: 2e6, downMs: 3e6 } });
    // The connecting side sees its connection end, the listening side does not.
    const [before] = linksOf(two.left);
    expect(before?.state).toBe('up');
    two.link.isSilent = true;
    two.link.cut();
    await two.settle();
    two.link.isSilent = false;
    await two.env.advance(500);
    expect(linksOf(two.left)).toMatchObject([{ peer: 'right', state: 'up' }]);
  });
});

describe('a heartbeat', () => {
  const heartbeat = { intervalMs: 100, idleMs: 100, suspectMs: 250, downMs: 500 };

  test('finds a silent peer suspect, then down, and ends its requests', async () => {
    const two = await pair({ heartbeat }, { reconnect: { baseMs: 1e6, maxMs: 1e6 } });
    two.right.handle('q', () => new Promise(() => undefined));
    await two.settle();
    const asked = codeOf(two.left.request('q', 1));
    await two.settle();
    two.link.isSilent = true;
    await two.env.advance(200);
    expect(linksOf(two.left)).toMatchObject([{ state: 'up' }]);
    await two.env.advance(150);
    expect(linksOf(two.left)).toMatchObject([{ state: 'suspect' }]);
    await two.env.advance(300);
    expect(linksOf(two.left)).toEqual([]);
    expect(await asked).toBe('CORRELATION_PEER_GONE');
  });

  test('takes a suspicion back when the peer is heard again', async () => {
    const two = await pair({ heartbeat }, { heartbeat });
    two.link.isStalled = true;
    await two.env.advance(350);
    expect(linksOf(two.left)).toMatchObject([{ state: 'suspect' }]);
    two.link.flow();
    await two.settle();
    expect(linksOf(two.left)).toMatchObject([{ state: 'up' }]);
  });

  test('keeps a link up that has nothing to say, and knows its round trip', async () => {
    const two = await pair({ heartbeat }, { heartbeat });
    await two.env.advance(5000);
    const [report] = linksOf(two.left);
    expect(report?.state).toBe('up');
    expect(report?.roundTripMs).toBeGreaterThanOrEqual(0);
  });

  test('does not take a peer for dead because the own event loop was late', async () => {
    const late = { held: false, waiting: [] as (() => void)[] };
    const { buses, hub } = await star({ one: { heartbeat } }, { heartbeat });
    // The clock goes on by far more than `downMs`, and only then does the hub get a turn.
    const { setTimer } = buses.env;
    buses.env.setTimer = (callback, ms) =>
      setTimer(() => (late.held ? late.waiting.push(callback) : callback()), ms);
    await buses.env.advance(100);
    late.held = true;
    await buses.env.advance(3000);
    late.held = false;
    for (const callback of late.waiting.splice(0)) callback();
    await buses.settle();
    await buses.env.advance(200);
    expect(linksOf(hub)).toMatchObject([{ peer: 'one', state: 'up' }]);
  });
});
