import type { Message } from '@bus/core';
import { deferred, never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, work } from '../support/bench.ts';

describe('messages of one key', () => {
  it('run one at a time, in order, and others overtake', async () => {
    await using t = await bench();
    const jobs = work();
    t.bus.subscribe('a', jobs.handler, { concurrency: 4 });
    for (const payload of ['x1', 'x2', 'y1', 'x3', 'y2', 'z1']) {
      await t.bus.publish('a', payload, { key: payload.slice(0, 1) });
    }
    expect(jobs.running).toEqual(['x1', 'y1', 'z1']);
    jobs.finish('x1');
    await t.env.settle();
    expect(jobs.running).toEqual(['y1', 'z1', 'x2']);
    jobs.finish('y1');
    jobs.finish('x2');
    await t.env.settle();
    expect(jobs.started).toEqual(['x1', 'y1', 'z1', 'x2', 'y2', 'x3']);
  });

  it('keep their order at handlers, too', async () => {
    await using t = await bench();
    const jobs = work();
    t.bus.handle('a', jobs.handler);
    for (const payload of ['x1', 'x2', 'y1']) {
      await t.bus.notify('a', payload, { key: payload.slice(0, 1) });
    }
    expect(jobs.running).toEqual(['x1', 'y1']);
  });

  it('keep their order from the very first message of an idle endpoint', async () => {
    await using t = await bench();
    const jobs = work();
    t.bus.subscribe('a', jobs.handler, { concurrency: 4 });
    for (const payload of [1, 2]) await t.bus.publish('a', payload, { key: 'k' });
    expect(jobs.running).toEqual([1]);
  });

  it('may have a key named like a property of objects', async () => {
    await using t = await bench();
    const jobs = work();
    t.bus.subscribe('a', jobs.handler, { concurrency: 4 });
    for (const key of ['__proto__', 'constructor']) {
      for (let i = 0; i < 2; i++) await t.bus.publish('a', `${key}${i}`, { key });
    }
    expect(jobs.running).toEqual(['__proto__0', 'constructor0']);
    jobs.finish('__proto__0');
    await t.env.settle();
    expect(jobs.running).toEqual(['constructor0', '__proto__1']);
  });

  it('go on after a failure, an expiry and a cancel', async () => {
    await using t = await bench();
    const seen: unknown[] = [];
    const listener = ({ payload }: { payload: unknown }): Promise<unknown> => {
      seen.push(payload);
      if (payload === 'hangs') return never();
      return payload === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve();
    };
    t.bus.subscribe('a', listener, { concurrency: 2, timeoutMs: 50 });
    const key = 'k';
    const cancel = new AbortController();
    void t.bus.publish('a', 'fails', { key });
    void t.bus.publish('a', 'hangs', { key });
    void t.bus.publish('a', 'expires', { key, timeoutMs: 10 });
    void t.bus.publish('a', 'cancelled', { key, signal: cancel.signal });
    void t.bus.publish('a', 'last', { key });
    await t.env.settle();
    cancel.abort();
    await t.env.advance(100);
    expect(seen).toEqual(['fails', 'hangs', 'last']);
    expect(t.bus.inspect().outcomes).toMatchObject({
      inFlight: 0,
      ended: { failed: 1, expired: 2, cancelled: 1, handled: 1 },
    });
  });

  it('have no lanes at a remote endpoint: they keep their order at the far end', async () => {
    await using t = await bench();
    const reply = deferred();
    const seen: string[] = [];
    const handler = (name: string) => (message: Message) => {
      seen.push(`${name} ${message.payload}`);
      return reply.promise;
    };
    let keys = 0;
    t.host.addEndpoint({
      pattern: 'far',
      kinds: ['event'],
      handler: handler('far'),
      concurrency: 2,
      origin: { peer: 'far', principal: undefined },
      keyOf: () => `${keys++}`,
    });
    t.bus.subscribe('near', handler('near'), { concurrency: 2 });
    for (let i = 0; i < 2; i++) {
      await t.bus.publish('far', i, { key: 'k' });
      await t.bus.publish('near', i, { key: 'k' });
    }
    expect(seen).toEqual(['far 0', 'near 0', 'far 1']);
    expect(keys).toBe(0);
  });
});

describe('the key function of a subscription', () => {
  it('decides; one that throws is reported once, and the message keeps its own key', async () => {
    await using t = await bench();
    const jobs = work();
    t.bus.subscribe('a', jobs.handler, {
      name: 'keyed',
      concurrency: 4,
      key: ({ payload }) => {
        if (String(payload).startsWith('bad')) throw new Error('no key');
        return String(payload).slice(0, 1);
      },
    });
    for (const payload of ['x1', 'x2', 'y1', 'x3']) await t.bus.publish('a', payload);
    for (const payload of ['bad1', 'bad2']) await t.bus.publish('a', payload, { key: 'own' });
    expect(jobs.running).toEqual(['x1', 'y1', 'bad1']);
    expect(t.errors.map(({ code, details }) => [code, details])).toEqual([
      ['BUS_HANDLER_FAILED', { topic: 'a', endpoint: 'keyed' }],
      ['BUS_HANDLER_FAILED', { topic: 'a', endpoint: 'keyed' }],
    ]);
    for (const payload of ['bad1', 'x1', 'y1', 'x2', 'x3', 'bad2']) {
      jobs.finish(payload);
      await t.env.settle();
    }
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 0, ended: { handled: 6 } });
  });
});

it('an endpoint tells since when the oldest message of all lanes and priorities waits', async () => {
  await using t = await bench();
  const { handler } = work();
  const endpoint = t.host.addEndpoint({ pattern: 'a', kinds: ['event'], concurrency: 2, handler });
  await t.bus.publish('a', 1, { key: 'x' });
  await t.env.advance(10);
  const first = t.env.now();
  await t.bus.publish('a', 2, { key: 'x' });
  await t.env.advance(10);
  await t.bus.publish('a', 3, { key: 'y', priority: 'high' });
  await t.bus.publish('a', 4, { key: 'y', priority: 'high' });
  expect(endpoint.queued).toBe(2);
  expect(endpoint.waitingSince).toBe(first);
});
