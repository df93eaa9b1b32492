import { describe, expect, test } from 'vitest';
import type { BusMessage, Message } from '../src/index.ts';
import { plugin, testBench } from './support/bench.ts';

const fields = [
  'id',
  'kind',
  'topic',
  'payload',
  'headers',
  'source',
  'time',
  'priority',
  'key',
  'correlationId',
  'replyTo',
  'deadline',
  'attempt',
  'hops',
] as const;

async function received(options?: object): Promise<Message> {
  const { publish, subscribe } = await testBench();
  return new Promise((resolve) => {
    subscribe('a', resolve);
    void publish('a', { n: 1 }, options);
  });
}

describe('a message', () => {
  test('has every field set, with these defaults', async () => {
    const message = await received();
    for (const field of fields) expect([field, field in message]).toEqual([field, true]);
    expect(message).toMatchObject({
      kind: 'event',
      topic: 'a',
      payload: { n: 1 },
      source: 'hub',
      time: 1_700_000_000_000,
      priority: 'normal',
      attempt: 1,
      hops: 0,
      missed: 0,
    });
    for (const field of ['key', 'correlationId', 'replyTo', 'deadline'] as const) {
      expect(message[field]).toBeUndefined();
    }
  });

  test('carries what its sender set', async () => {
    const options = {
      headers: { a: 'b' },
      key: 'k',
      priority: 'low',
      correlationId: 'c',
      timeoutMs: 5,
    };
    const { timeoutMs, ...rest } = options;
    expect(await received(options)).toMatchObject({ ...rest, deadline: timeoutMs });
  });

  test('prints as plain JSON of its public fields', async () => {
    const json = JSON.parse(JSON.stringify(await received({ key: 'k' })));
    expect(Object.keys(json).every((field) => (fields as readonly string[]).includes(field))).toBe(
      true,
    );
    expect(json).toMatchObject({ kind: 'event', topic: 'a', payload: { n: 1 }, key: 'k' });
  });

  test('has an id of its own, the same at every reading and in every copy', async () => {
    const ids = new Set<string>();
    const copies = plugin('copies', ({ hooks }) =>
      hooks.outbound.tap((message: BusMessage) => {
        ids.add(message.id);
        return message.with({ payload: 2 });
      }),
    );
    const { publish, subscribe } = await testBench({ plugins: [copies] });
    for (let i = 0; i < 2; i++) subscribe('a', ({ id }) => void ids.add(id));
    for (let i = 0; i < 100; i++) await publish('a');
    expect(ids.size).toBe(100);
  });

  test('ids of two buses never meet', async () => {
    const ids = new Set<string>();
    for (const seed of [1, 2]) {
      const { publish, subscribe } = await testBench({ seed });
      subscribe('a', ({ id }) => void ids.add(id));
      for (let i = 0; i < 10; i++) await publish('a');
    }
    expect(ids.size).toBe(20);
  });

  test('changed by a tap leaves the original as it was', async () => {
    let original: BusMessage | undefined;
    let copy: BusMessage | undefined;
    const changes = plugin('changes', ({ hooks }) =>
      hooks.outbound.tap((message) => {
        original = message;
        copy = message.with({ topic: 'b', payload: 2, headers: { x: 'y' }, key: 'k' });
        return copy;
      }),
    );
    const { publish } = await testBench({ plugins: [changes] });
    await publish('a', 1, { priority: 'high' });
    expect(original).toMatchObject({ topic: 'a', payload: 1, key: undefined, priority: 'high' });
    expect(copy).toMatchObject({ topic: 'b', payload: 2, key: 'k', priority: 'high' });
    expect(copy?.id).toBe(original?.id);
  });

  test('given another body is the same in all else, and reads it as its traits say', async () => {
    let copies: BusMessage[] = [];
    const changes = plugin('changes', ({ hooks }) =>
      hooks.outbound.tap((message) => {
        const decoded = message.with({ payload: 2, decode: (body) => `read ${body}` });
        copies = [decoded, message.withBody(decoded.traits, 3), message];
        return message;
      }),
    );
    const { publish } = await testBench({ plugins: [changes] });
    await publish('a', 1, { key: 'k' });
    expect(copies.map(({ payload }) => payload)).toEqual(['read 2', 'read 3', 1]);
    for (const { id, topic, key } of copies)
      expect([id, topic, key]).toEqual([copies[2]?.id, 'a', 'k']);
  });

  test('goes by reference, to all its receivers', async () => {
    const { publish, subscribe } = await testBench();
    const payload = { n: 1 };
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i++) subscribe('a', (message) => void seen.push(message.payload));
    await publish('a', payload);
    expect(seen.every((one) => one === payload)).toBe(true);
  });
});
