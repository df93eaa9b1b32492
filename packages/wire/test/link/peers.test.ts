import type { VirtualEnv } from '@bus/virtual-env';
import { describe, expect, test } from 'vitest';
import type { Peer } from '../../src/link/peer.ts';
import { hostOf, linksOf, pair, peersOf, star } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';
import type { LinkedBus } from '../support/linked-bus.ts';

const patient = { intervalMs: 1e6, idleMs: 1e6, suspectMs: 2e6, downMs: 3e6 };
const strict = { intervalMs: 20, idleMs: 20, suspectMs: 60, downMs: 1000 };

const typesOf = (bus: LinkedBus): readonly string[] => peersOf(bus).map(({ type }) => type);

function peerOf(bus: LinkedBus, id?: string): Peer {
  const change = peersOf(bus).findLast(
    ({ type, peer }) => type === 'up' && (id === undefined || peer.id === id),
  );
  if (change === undefined) throw new Error('no peer is up');
  return change.peer;
}

/** Timers that the test can keep from running, as a busy event loop does. */
function lateTimers({ env }: { readonly env: VirtualEnv }): { hold(): void; release(): void } {
  let held = false;
  const waiting: (() => void)[] = [];
  const { setTimer } = env;
  env.setTimer = (callback, ms) => setTimer(() => (held ? waiting.push(callback) : callback()), ms);
  return {
    hold() {
      held = true;
    },
    release() {
      held = false;
      for (const callback of waiting.splice(0)) callback();
    },
  };
}

describe('plugins are told of a peer', () => {
  test('when it is up and when it is down, beside the system events, and what it is', async () => {
    const topics: string[] = [];
    const two = await pair({}, {}, ({ left }) => {
      left.subscribe('$bus.peer.*', ({ topic }) => {
        topics.push(`${topic} after ${peersOf(left).length}`);
      });
    });
    const { peer, reason } = peersOf(two.left)[0] as { peer: Peer; reason: string };
    expect(peer).toMatchObject({
      id: 'right',
      transport: 'cable',
      local: true,
      ownHeartbeat: false,
      suspect: false,
      roundTripMs: undefined,
    });
    expect(reason).toBe('cable');
    expect(peer.heardAt).toBeLessThanOrEqual(two.env.now());
    two.link.cut();
    await two.settle();
    expect(typesOf(two.left)).toEqual(['up', 'down']);
    expect(peersOf(two.left)[1]?.peer).toBe(peer);
    expect(topics).toEqual(['$bus.peer.up after 0', '$bus.peer.down after 1']);
  });

  test('whose origin its messages and its endpoints have', async () => {
    const two = await pair();
    two.right.subscribe('a', () => undefined);
    await two.settle();
    const [endpoint] = hostOf(two.left).endpoints('a');
    expect(endpoint?.extras?.origin).toBe(peerOf(two.left).origin);
  });

  test('when it falls silent and when it is heard again, at once', async () => {
    const two = await pair({}, { heartbeat: patient });
    peerOf(two.left).watch(strict);
    await two.env.advance(500);
    expect(typesOf(two.left)).toEqual(['up']);
    two.link.isStalled = true;
    await two.env.advance(59);
    expect(typesOf(two.left)).toEqual(['up']);
    await two.env.advance(41);
    expect(typesOf(two.left)).toEqual(['up', 'silent']);
    expect(peerOf(two.left).suspect).toBe(true);
    two.link.flow();
    await two.env.settle();
    expect(typesOf(two.left)).toEqual(['up', 'silent', 'heard']);
    expect(peerOf(two.left).suspect).toBe(false);
    two.link.isSilent = true;
    await two.env.advance(1100);
    expect(typesOf(two.left)).toEqual(['up', 'silent', 'heard', 'silent', 'down']);
  });

  test('not before it has been let in', async () => {
    const two = await pair({ token: 'one' }, { token: 'one' });
    expect(typesOf(two.left)).toEqual(['up']);
    const { left } = await pair({}, {}, ({ left: bus }) => {
      expect(typesOf(bus)).toEqual([]);
    });
    expect(typesOf(left)).toEqual(['up']);
  });
});

describe('watching a peer', () => {
  test('is of no effect where the program has said itself how', async () => {
    const two = await pair({ heartbeat: patient });
    const peer = peerOf(two.left);
    expect(peer.ownHeartbeat).toBe(true);
    peer.watch(strict);
    two.link.isSilent = true;
    await two.env.advance(5000);
    expect(typesOf(two.left)).toEqual(['up']);
  });

  test('refuses times that do not rise', async () => {
    const two = await pair();
    expect(() => peerOf(two.left).watch({ ...strict, intervalMs: 60 })).toThrowError(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  });

  test('one more closely leaves the others as they were', async () => {
    const { buses, hub, cable } = await star({ one: { heartbeat: patient }, two: {} });
    peerOf(hub, 'one').watch(strict);
    cable.isSilent = true;
    await buses.env.advance(2000);
    const told = peersOf(hub).map(({ type, peer }) => `${peer.id} ${type}`);
    expect(told).toEqual(['one up', 'two up', 'one silent', 'one down']);
    await buses.env.advance(5000);
    expect(typesOf(hub).slice(-2)).toEqual(['silent', 'down']);
  });

  test('costs a timer of its own pace only while that link is there', async () => {
    const two = await pair({}, { heartbeat: patient, reconnect: { baseMs: 1e6, maxMs: 1e6 } });
    let timers = 0;
    const { setTimer } = two.env;
    two.env.setTimer = (callback, ms) => {
      timers++;
      return setTimer(callback, ms);
    };
    await two.env.advance(1000);
    expect(timers).toBeLessThan(10);
    peerOf(two.left).watch(strict);
    timers = 0;
    await two.env.advance(1000);
    expect(timers).toBeGreaterThan(90);
    two.link.cut();
    await two.settle();
    timers = 0;
    await two.env.advance(1000);
    expect(timers).toBeLessThan(5);
  });

  test('asks a peer for nothing that has something to say anyhow', async () => {
    const two = await pair({}, { heartbeat: patient });
    peerOf(two.left).watch(strict);
    two.left.subscribe('a', () => undefined);
    await two.settle();
    const { bytes } = linksOf(two.left)[0]?.sent ?? { bytes: 0 };
    for (let n = 0; n < 50; n++) {
      void two.right.publish('a', n);
      await two.env.advance(10);
    }
    expect(linksOf(two.left)[0]?.sent.bytes).toBe(bytes);
    expect(typesOf(two.left)).toEqual(['up']);
  });

  test('gives a peer the time that this side was late itself, and no more', async () => {
    const two = await pair({}, { heartbeat: patient });
    peerOf(two.left).watch(strict);
    await two.env.advance(100);
    const late = lateTimers(two);
    // From here on every timer is the test's to delay.
    await two.env.advance(20);
    // It has been asked, and cannot answer: as when the whole machine stands still.
    two.link.isStalled = true;
    await two.env.advance(30);
    late.hold();
    await two.env.advance(300);
    late.release();
    await two.env.advance(10);
    expect(typesOf(two.left)).toEqual(['up']);
    two.link.flow();
    await two.env.advance(200);
    expect(typesOf(two.left)).toEqual(['up']);
    two.link.isSilent = true;
    await two.env.advance(100);
    expect(typesOf(two.left)).toEqual(['up', 'silent']);
  });
});

test('nobody is suspect who was not asked in time, because this side was a little late', async () => {
  const two = await pair({}, { heartbeat: patient });
  two.left.subscribe('a', () => undefined);
  await two.settle();
  const late = lateTimers(two);
  peerOf(two.left).watch(strict);
  await two.env.advance(201);
  void two.right.publish('a', 1);
  // The tick of 220 ms finds it silent for 19, that of 230 comes 39 ms late.
  await two.env.advance(28);
  late.hold();
  await two.env.advance(40);
  late.release();
  await two.env.advance(100);
  expect(typesOf(two.left)).toEqual(['up']);
});

describe('a ping', () => {
  test('resolves to the round trip, and several at once share one', async () => {
    const two = await pair();
    const { bytes } = linksOf(two.left)[0]?.sent ?? { bytes: 0 };
    two.link.isStalled = true;
    const peer = peerOf(two.left);
    const pings = [peer.ping(), peer.ping(), peer.ping()];
    await two.env.advance(30);
    two.link.flow();
    expect(await two.run(Promise.all(pings))).toEqual([30, 30, 30]);
    expect(peer.roundTripMs).toBe(30);
    expect((linksOf(two.left)[0]?.sent.bytes ?? 0) - bytes).toBe(8);
    expect(await two.run(peer.ping())).toBe(0);
  });

  test('rejects when the link goes, and when it has gone', async () => {
    const two = await pair();
    const peer = peerOf(two.left);
    two.link.isSilent = true;
    const code = codeOf(peer.ping());
    two.link.isSilent = false;
    two.link.cut();
    expect(await two.run(code)).toBe('CORRELATION_PEER_GONE');
    expect(await codeOf(peer.ping())).toBe('CORRELATION_PEER_GONE');
  });

  test('that a silent peer is sent in vain is measured from the first, once it answers', async () => {
    const two = await pair({}, { heartbeat: patient });
    const peer = peerOf(two.left);
    peer.watch({ ...strict, downMs: 5000 });
    two.link.isStalled = true;
    const startedAt = two.env.now();
    const pinged = peer.ping();
    await two.env.advance(500);
    two.link.flow();
    expect(await two.run(pinged)).toBe(500);
    expect(two.env.now() - startedAt).toBeLessThan(520);
  });
});

describe('the figures of a link', () => {
  test('are told with its peer and its transport', async () => {
    const two = await pair();
    two.right.subscribe('a', () => undefined);
    await two.settle();
    await two.left.publish('a', 1);
    await two.run(peerOf(two.left).ping());
    const figures = hostOf(two.left).measurements();
    for (const { labels } of figures) expect(labels).toEqual({ peer: 'right', transport: 'cable' });
    const shown = Object.fromEntries(figures.map(({ name, kind, value }) => [name, [kind, value]]));
    expect(shown).toEqual({
      link_messages_sent: ['counter', 1],
      link_messages_received: ['counter', 0],
      link_bytes_sent: ['counter', linksOf(two.left)[0]?.sent.bytes],
      link_bytes_received: ['counter', linksOf(two.left)[0]?.received.bytes],
      link_unconfirmed: ['gauge', 1],
      link_unacknowledged: ['gauge', 0],
      link_suspect: ['gauge', 0],
      link_round_trip_seconds: ['gauge', 0],
    });
    two.link.cut();
    await two.settle();
    expect(hostOf(two.left).measurements()).toEqual([]);
  });
});
