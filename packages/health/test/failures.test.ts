import { busError, Verdict } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

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
