import { describe, expect, it } from 'vitest';
import { bench, Switch, unwell } from './support/bench.ts';

describe('a breaker', () => {
  it('opens after five failures in a row, and requests fail at once with its code', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    handler.ok = false;
    t.bus.handle('a', handler.handle, { name: 'broken' });
    for (let i = 0; i < 5; i++) expect(await t.ask('a')).toBe('BUS_HANDLER_FAILED');
    await t.env.advance(1000);
    await expect(t.bus.request('a', 1)).rejects.toMatchObject({
      code: 'HEALTH_BREAKER_OPEN',
      details: { topic: 'a', endpoint: 'broken', retryMs: 4000 },
    });
    expect(handler.runs).toBe(5);
    expect(t.inspect()).toMatchObject({
      opened: 1,
      refused: 1,
      breakers: { open: 1, halfOpen: 0 },
    });
  });

  it('counts failures in a row: a success in between begins anew', async () => {
    const t = await bench({ breaker: { failures: 3, minimum: 100 } });
    const handler = new Switch('reply');
    t.bus.handle('a', handler.handle);
    for (const ok of [false, false, true, false, false, true]) {
      handler.ok = ok;
      await t.ask('a');
    }
    expect(t.inspect().breakers.open).toBe(0);
  });

  it('opens where half of the messages within the window fail', async () => {
    const t = await bench({ breaker: { windowMs: 1000 } });
    const handler = new Switch('reply');
    t.bus.handle('a', handler.handle);
    for (let i = 0; i < 9; i++) {
      handler.ok = i % 2 === 0;
      await t.ask('a');
    }
    expect(t.inspect().opened).toBe(0);
    handler.ok = false;
    await t.ask('a');
    expect(t.inspect().opened).toBe(1);
  });

  it('forgets what was before the window', async () => {
    const t = await bench({ breaker: { windowMs: 1000 } });
    const handler = new Switch('reply');
    t.bus.handle('a', handler.handle);
    for (let i = 0; i < 8; i++) {
      handler.ok = i % 2 === 1;
      await t.ask('a');
    }
    await t.env.advance(2000);
    handler.ok = false;
    for (let i = 0; i < 4; i++) await t.ask('a');
    expect(t.inspect().opened).toBe(0);
  });

  it('is closed again by a message that tries it', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    t.bus.handle('a', handler.handle, { name: 'h' });
    await handler.breakDown(() => t.ask('a'));
    await t.env.advance(5000);
    handler.ok = true;
    expect(await t.ask('a')).toBe('reply');
    expect(unwell(t.bus.health.check())).toEqual({});
    const id = t.bus.endpoints('a')[0]?.id ?? '';
    expect(t.changes).toEqual([
      `${id} healthy>down`,
      `${id} down>recovering`,
      `${id} recovering>healthy`,
    ]);
  });

  it('opens again, for as long, where the message that tries it fails', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    t.bus.handle('a', handler.handle);
    await handler.breakDown(() => t.ask('a'));
    await t.env.advance(5000);
    expect(await t.ask('a')).toBe('BUS_HANDLER_FAILED');
    await t.env.advance(4999);
    expect(await t.ask('a')).toBe('HEALTH_BREAKER_OPEN');
    await t.env.advance(1);
    handler.ok = true;
    expect(await t.ask('a')).toBe('reply');
    expect(t.inspect().opened).toBe(2);
  });

  it.each([1, 3])('lets exactly %i of 100 that race into it try it', async (probes) => {
    const t = await bench({ breaker: { probes } });
    let fails = true;
    let runs = 0;
    let answer: (reply: unknown) => void = () => undefined;
    const answered = new Promise((resolve) => {
      answer = resolve;
    });
    t.bus.handle('a', async () => {
      runs++;
      if (fails) throw new Error('broken');
      return answered;
    });
    for (let i = 0; i < 5; i++) await t.ask('a');
    await t.env.advance(5000);
    fails = false;
    runs = 0;
    const asked = Array.from({ length: 100 }, () => t.ask('a'));
    await t.env.settle();
    expect(runs).toBe(probes);
    answer('reply');
    const replies = await Promise.all(asked);
    expect(replies.filter((reply) => reply === 'reply')).toHaveLength(probes);
    expect(replies.filter((reply) => reply === 'HEALTH_BREAKER_OPEN')).toHaveLength(100 - probes);
    expect(await t.ask('a')).toBe('reply');
    expect(t.inspect().breakers).toEqual({ open: 0, halfOpen: 0 });
  });

  it('passes over the outcomes of what began before it opened, and before it closed', async () => {
    const t = await bench();
    const rejects: ((error: Error) => void)[] = [];
    const handler = new Switch('reply');
    t.bus.handle('a', (message) =>
      message.payload === 'slow'
        ? new Promise((_, reject) => rejects.push(reject))
        : handler.handle(message),
    );
    const slow = Array.from({ length: 20 }, () => t.ask('a', { payload: 'slow' }));
    await t.env.advance(10);
    handler.ok = false;
    for (let i = 0; i < 5; i++) await t.ask('a');
    expect(t.inspect().breakers.open).toBe(1);
    await t.env.advance(5000);
    handler.ok = true;
    expect(await t.ask('a')).toBe('reply');
    for (const reject of rejects) reject(new Error('late'));
    await Promise.all(slow);
    expect(t.inspect()).toMatchObject({ opened: 1, breakers: { open: 0, halfOpen: 0 } });
  });

  it('is tried by another where the message that tried it is not heard of', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    let hangs = false;
    t.bus.handle('a', (message) => (hangs ? new Promise(() => {}) : handler.handle(message)));
    await handler.breakDown(() => t.ask('a'));
    await t.env.advance(5000);
    hangs = true;
    void t.ask('a');
    await t.env.advance(4999);
    expect(await t.ask('a')).toBe('HEALTH_BREAKER_OPEN');
    await t.env.advance(1);
    hangs = false;
    handler.ok = true;
    expect(await t.ask('a')).toBe('reply');
  });

  it('is tried by another at once where the message that tried it was cancelled', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    let hangs = false;
    t.bus.handle('a', (message) => (hangs ? new Promise(() => {}) : handler.handle(message)));
    await handler.breakDown(() => t.ask('a'));
    await t.env.advance(5000);
    hangs = true;
    const cancel = new AbortController();
    const tried = t.ask('a', { signal: cancel.signal });
    expect(await t.ask('a')).toBe('HEALTH_BREAKER_OPEN');
    cancel.abort();
    expect(await tried).toBe('BUS_CANCELLED');
    hangs = false;
    handler.ok = true;
    expect(await t.ask('a')).toBe('reply');
  });

  it('may be left out', async () => {
    const t = await bench({ breaker: false });
    const handler = new Switch('reply');
    handler.ok = false;
    t.bus.handle('a', handler.handle);
    for (let i = 0; i < 20; i++) expect(await t.ask('a')).toBe('BUS_HANDLER_FAILED');
  });

  it('is forgotten with its endpoint', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    handler.ok = false;
    for (let round = 0; round < 3; round++) {
      const added = t.bus.handle('a', handler.handle);
      for (let i = 0; i < 5; i++) expect(await t.ask('a')).toBe('BUS_HANDLER_FAILED');
      expect(t.inspect().breakers.open).toBe(1);
      added.stop();
      expect(t.inspect().breakers.open).toBe(0);
      expect(t.bus.health.check().status).toBe('healthy');
    }
  });

  it('is not moved by jumps of the wall clock', async () => {
    const t = await bench();
    const handler = new Switch('reply');
    handler.ok = false;
    t.bus.handle('a', handler.handle);
    for (let i = 0; i < 5; i++) {
      t.env.jumpWall(i % 2 === 0 ? 3_600_000 : -7_200_000);
      await t.ask('a');
    }
    t.env.jumpWall(86_400_000);
    expect(await t.ask('a')).toBe('HEALTH_BREAKER_OPEN');
    t.env.jumpWall(-172_800_000);
    await t.env.advance(5000);
    handler.ok = true;
    expect(await t.ask('a')).toBe('reply');
  });
});
