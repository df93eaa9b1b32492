import type { Message } from '@bus/core';
import { never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench, watched } from './support/bench.ts';

const delay = (t: Bench, ms: number): Promise<void> =>
  new Promise((resolve) => t.env.setTimer(resolve, ms));

describe.each([
  ['found by itself', true],
  ['given as parent', false],
])('a request made in a handler, its cause %s', (_name, context) => {
  const options = (message: Message) => (context ? {} : { parent: message });

  it('has no more time than its cause has left', async () => {
    await using t = await bench({ context });
    const inner: unknown[] = [];
    t.bus.handle('inner', never);
    t.bus.handle('outer', async (message) => {
      await delay(t, 30);
      await t.bus
        .request('inner', 1, { ...options(message), timeoutMs: 500 })
        .catch((error) => inner.push(error.code, t.env.now()));
    });
    const outer = watched(t.bus.request('outer', 1, { timeoutMs: 50 }));
    await t.env.advance(100);
    expect(outer.state).toBe('CORRELATION_TIMEOUT');
    expect(inner).toEqual(['CORRELATION_TIMEOUT', 50]);
  });

  it('may have less', async () => {
    await using t = await bench({ context });
    t.bus.handle('inner', never);
    t.bus.handle('outer', (message) =>
      t.bus.request('inner', 1, { ...options(message), timeoutMs: 20 }),
    );
    const outer = watched(t.bus.request('outer', 1, { timeoutMs: 50 }));
    await t.env.advance(20);
    expect(outer).toMatchObject({
      state: 'CORRELATION_TIMEOUT',
      error: { details: { topic: 'inner', timeoutMs: 20 } },
    });
  });

  it('is not started when its cause has no time left', async () => {
    await using t = await bench({ context });
    const inner: unknown[] = [];
    t.bus.handle('inner', () => {
      inner.push('started');
    });
    t.bus.handle('outer', async (message) => {
      await delay(t, 60);
      await t.bus.request('inner', 1, options(message)).catch((error) => inner.push(error.code));
    });
    const outer = watched(t.bus.request('outer', 1, { timeoutMs: 50 }));
    await t.env.advance(100);
    expect(outer.state).toBe('CORRELATION_TIMEOUT');
    expect(inner).toEqual(['CORRELATION_TIMEOUT']);
  });
});
