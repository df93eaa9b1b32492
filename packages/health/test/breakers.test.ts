import { busError, Verdict } from '@bus/core';
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
    handler.ok = false;
    t.bus.handle('a', handler.handle, { name: 'h' });
    for (let i = 0; i < 5; i++) await t.ask('a');
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
    handler.ok = false;
    t.bus.handle('a', handler.handle);
    for (let i = 0; i < 5; i++) await t.ask('a');
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
    handler.ok = false;
    let hangs = false;
    t.bus.handle('a', (message) => (hangs ? new Promise(() => {}) : handler.handle(message)));
    for (let i = 0; i < 5; i++) await t.ask('a');
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
    handler.ok = false;
    let hangs = false;
    t.bus.handle('a', (message) => (hangs ? new Promise(() => {}) : handler.handle(message)));
    for (let i = 0; i < 5; i++) await t.ask('a');
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

describe('what counts as a failure', () => {
  const cases: Record<string, () => unknown> = {
    'an error named ValidationError': () => {
      throw Object.assign(new Error('bad input'), { name: 'ValidationError' });
    },
    'a rejection with one': () =>
      Promise.reject(Object.assign(new Error('bad input'), { name: 'ValidationError' })),
  };

  it.each(Object.entries(cases))('%s does not', async (_what, handler) => {
    const t = await bench();
    t.bus.handle('a', handler);
    for (let i = 0; i < 20; i++) await t.ask('a');
    expect(t.inspect().opened).toBe(0);
  });

  it('a handler that throws whatever can be thrown does', async () => {
    const t = await bench();
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('trap');
        },
      },
    );
    const thrown = [
      null,
      'text',
      Object.freeze({}),
      hostile,
      busError('BUS_NO_ROUTE', '', { topic: 'b' }),
    ];
    t.bus.handle('a', () => {
      throw thrown.pop();
    });
    for (let i = 0; i < 5; i++) await t.ask('a');
    expect(t.inspect().opened).toBe(1);
  });

  it('a slow handler that answers does not', async () => {
    const t = await bench();
    t.bus.handle('a', () => new Promise((resolve) => t.env.setTimer(() => resolve('late'), 3000)));
    const asked = Array.from({ length: 30 }, () => t.ask('a'));
    await t.env.advance(3000);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['late']));
    expect(t.inspect().opened).toBe(0);
  });

  it('an asker who ran out of time does not, a handler that did does', async () => {
    const t = await bench();
    t.bus.handle('a', () => new Promise(() => {}), { timeoutMs: 1000 });
    const impatient = Array.from({ length: 20 }, () => t.ask('a', { timeoutMs: 100 }));
    await t.env.advance(100);
    expect(new Set(await Promise.all(impatient))).toEqual(new Set(['CORRELATION_TIMEOUT']));
    expect(t.inspect().opened).toBe(0);
    await t.env.advance(2000);
    const patient = Array.from({ length: 5 }, () => t.ask('a'));
    await t.env.advance(1000);
    expect(new Set(await Promise.all(patient))).toEqual(new Set(['BUS_EXPIRED']));
    expect(t.inspect().opened).toBe(1);
  });

  it('a cancelled request, a full mailbox and a dropped message do not', async () => {
    const t = await bench();
    t.bus.handle('a', () => new Promise(() => {}), {
      concurrency: 1,
      capacity: 1,
      overflow: 'error',
    });
    const cancel = new AbortController();
    const first = t.ask('a', { signal: cancel.signal });
    const others = Array.from({ length: 20 }, () => t.ask('a', { signal: cancel.signal }));
    cancel.abort();
    expect(await first).toBe('BUS_CANCELLED');
    expect(new Set(await Promise.all(others))).toEqual(
      new Set(['BUS_CANCELLED', 'BUS_MAILBOX_FULL']),
    );
    expect(t.inspect().opened).toBe(0);
  });

  it('a dead letter does, unless its handler said that the message is bad', async () => {
    const t = await bench();
    const buried = (cause: unknown): Verdict =>
      new Verdict(
        'dead-lettered',
        busError('BUS_HANDLER_FAILED', 'given up', { topic: 'e', endpoint: 'e' }, cause),
      );
    const said = busError('BUS_HANDLER_FAILED', 'reject', { topic: 'e', endpoint: 'e' });
    let verdict = buried(said);
    t.bus.subscribe('e', () => {
      throw verdict;
    });
    for (let i = 0; i < 20; i++) await t.bus.publish('e', i);
    expect(t.inspect().opened).toBe(0);
    verdict = buried(new Error('broken'));
    for (let i = 0; i < 5; i++) await t.bus.publish('e', i);
    expect(t.inspect().opened).toBe(1);
  });

  it('what is refused before it reaches a handler does not', async () => {
    const t = await bench();
    t.bus.handle('a', () => 'reply');
    for (let i = 0; i < 20; i++) {
      await t.ask('a', { headers: { 'bus-x': '1' } });
      await t.ask('nobody');
    }
    expect(t.inspect().opened).toBe(0);
    expect(await t.ask('a')).toBe('reply');
  });
});

describe('of equals', () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [7, 3],
  ])('of %i that all fail, %i are held back', async (count, most) => {
    const t = await bench();
    for (let i = 0; i < count; i++) {
      t.bus.handle('a', () => {
        throw new Error('all of them');
      });
    }
    for (let i = 0; i < 40 * count; i++) await t.ask('a');
    expect(t.inspect().breakers.open).toBe(most);
  });

  it('of a group whose members have patterns of their own, half are held back', async () => {
    const t = await bench();
    for (const pattern of ['a.*', 'a.b', '*.b', 'a.**']) {
      t.bus.subscribe(pattern, () => Promise.reject(new Error('all')), { group: 'g' });
    }
    for (let i = 0; i < 100; i++) {
      await t.bus.publish('a.b', i);
      await t.env.settle();
    }
    expect(t.inspect().breakers.open).toBe(2);
  });

  it('fewer are held back when some go', async () => {
    const t = await bench();
    const broken = [new Switch(0), new Switch(1)];
    for (const one of broken) {
      one.ok = false;
      t.bus.handle('a', one.handle);
    }
    const healthy = [2, 3].map((reply) => t.bus.handle('a', new Switch(reply).handle));
    for (let i = 0; i < 40; i++) await t.ask('a');
    expect(t.inspect().breakers.open).toBe(2);
    healthy[0]?.stop();
    expect(t.inspect().breakers.open).toBe(1);
    healthy[1]?.stop();
    expect(t.inspect().breakers.open).toBe(1);
  });

  it('those of another priority are no equals', async () => {
    const t = await bench();
    t.bus.handle('a', () => 'low', { priority: 1 });
    t.bus.handle(
      'a',
      () => {
        throw new Error('broken');
      },
      { priority: 2 },
    );
    const replies: unknown[] = [];
    for (let i = 0; i < 7; i++) replies.push(await t.ask('a'));
    expect(replies).toEqual([...Array(5).fill('BUS_HANDLER_FAILED'), 'low', 'low']);
  });
});
