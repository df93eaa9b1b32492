import { createBus } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { health } from '../src/index.ts';
import { bench, Switch } from './support/bench.ts';
import { FakePeer } from './support/fake-link.ts';

describe('the report', () => {
  it('is plain JSON', async () => {
    const t = await bench();
    const peer = new FakePeer(t.host, 'a');
    peer.tell('up');
    peer.roundTripMs = 2;
    const broken = new Switch(1);
    t.bus.handle('q', broken.handle, { name: 'broken' });
    await broken.breakDown(() => t.ask('q'));
    await t.env.advance(10);
    const report = t.bus.health.check();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const id = t.bus.endpoints('q')[0]?.id;
    expect(report).toEqual({
      status: 'down',
      ready: false,
      loop: { lagMs: 0, worstMs: 0 },
      peers: [
        {
          kind: 'peer',
          id: 'a',
          name: 'a',
          state: 'healthy',
          sinceMs: 10,
          transport: 'fake',
          roundTripMs: 2,
        },
      ],
      endpoints: [
        {
          kind: 'endpoint',
          id,
          name: 'broken',
          state: 'down',
          reason: '5 failures in a row',
          sinceMs: 10,
        },
      ],
      slow: [],
    });
  });

  it('says ready from the start of the bus until it is told to stop', async () => {
    expect(createBus().use(health()).health.check().ready).toBe(false);
    const t = await bench();
    expect(t.bus.health.check()).toMatchObject({ status: 'healthy', ready: true });
    let done: () => void = () => {};
    t.bus.handle('q', () => new Promise<void>((resolve) => (done = resolve)));
    await t.bus.notify('q', 1);
    const stopped = t.bus.stop();
    await t.env.settle();
    expect(t.bus.health.check().ready).toBe(false);
    done();
    await t.env.settle();
    await stopped;
    expect(t.bus.health.check().ready).toBe(false);
  });

  it('finds a subject by id, view and subscription', async () => {
    const t = await bench();
    const handler = t.bus.handle('q', () => 1, { name: 'h' });
    const view = t.bus.endpoints('q')[0];
    if (view === undefined) throw new Error('no endpoint');
    await t.env.advance(70);
    const expected = {
      kind: 'endpoint',
      id: view.id,
      name: 'h',
      state: 'healthy',
      reason: undefined,
      sinceMs: 70,
    };
    expect(t.bus.health.of(view.id)).toEqual(expected);
    expect(t.bus.health.of(view)).toEqual(expected);
    expect(t.bus.health.of(handler)).toEqual(expected);
    expect(t.bus.health.of('nothing')).toBe(undefined);
    expect(t.bus.health.of(t.bus.subscribe('e'))).toBe(undefined);
    handler.stop();
    expect(t.bus.health.of(view)).toBe(undefined);
  });

  it('is only degraded where requests for a broken handler go to another', async () => {
    const t = await bench();
    const handler = new Switch(1);
    t.bus.handle('q.a', handler.handle, { priority: 2 });
    await handler.breakDown(() => t.ask('q.a'));
    expect(t.bus.health.check()).toMatchObject({ status: 'down', ready: false });
    for (const pattern of ['q.a', 'q.*'] as const) {
      const other = t.bus.handle(pattern, () => 1);
      expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
      other.stop();
    }
    t.bus.handle('q.b', () => 1);
    expect(t.bus.health.check().status).toBe('down');
  });

  it('is only degraded where a group has no healthy member: it gets its messages all the same', async () => {
    const t = await bench();
    const member = new Switch(1);
    t.bus.subscribe('e', member.handle, { group: 'g' });
    await member.breakDown(() => t.bus.publish('e', 1));
    expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
  });
});

describe('figures', () => {
  it('count what happened', async () => {
    const t = await bench();
    const peers = ['a', 'b', 'c'].map((id) => new FakePeer(t.host, id));
    for (const peer of peers) peer.tell('up');
    peers[0]?.tell('silent');
    peers[1]?.lose();
    const broken = new Switch(1);
    broken.ok = false;
    t.bus.handle('q', broken.handle);
    for (let i = 0; i < 6; i++) await t.ask('q');
    t.bus.handle('q', () => 2);
    await t.ask('q');
    expect(t.measure()).toMatchObject({
      'health_breakers open': 1,
      'health_breakers half-open': 0,
      health_breakers_opened: 1,
      health_failovers: 1,
      health_requests_refused: 1,
      health_requests_repeated: 0,
      'health_peers healthy': 1,
      'health_peers suspect': 1,
      'health_peers recovering': 0,
      'health_peers down': 1,
      health_loop_lag_seconds: 0,
      health_loop_lag_worst_seconds: 0,
    });
  });
});

describe('options', () => {
  it.each([
    { intervalMs: 0 },
    { suspectMs: 20 },
    { intervalMs: 100 },
    { downMs: 60 },
    { downMs: Number.NaN },
    { slowHandlerMs: 0 },
    { slowHandlerMs: '50' as unknown as number },
    { breaker: { failures: 0 } },
    { breaker: { minimum: -1 } },
    { breaker: { ratio: 0 } },
    { breaker: { ratio: 1.1 } },
    { breaker: { windowMs: 0 } },
    { breaker: { openMs: Number.NaN } },
    { breaker: { probes: 0 } },
  ])('%j is refused', (options) => {
    expect(() => health(options)).toThrow(expect.objectContaining({ code: 'BUS_OPTION_INVALID' }));
  });
});
