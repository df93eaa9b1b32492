import type { Message } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../src/index.ts';
import { bench } from './support/bench.ts';

const bad = new Error('bad');

describe('batch.fail', () => {
  it('fails one message alone', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: {} }, (messages, batch) => {
      for (const message of messages) if (message.payload === 2) batch.fail(message, bad);
    });
    t.burst(1, 3);
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 2, failed: 1 });
    expect(t.errors).toMatchObject([{ code: 'BUS_HANDLER_FAILED', cause: bad }]);
  });

  it('ends its message at once, before the handler is done', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: {} }, ([first], { fail }) => {
      if (first !== undefined) fail(first, bad);
      return new Promise(() => undefined);
    });
    t.burst(1, 3);
    await t.env.settle();
    expect(t.bus.inspect().outcomes).toMatchObject({ inFlight: 2, ended: { failed: 1 } });
  });

  it('counts once for one message', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: {} }, ([first], { fail }) => {
      for (const reason of [bad, new Error('again')]) if (first !== undefined) fail(first, reason);
    });
    t.burst(1, 1);
    await t.env.settle();
    expect(t.errors).toMatchObject([{ cause: bad }]);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('refuses a message that is not of the batch', async () => {
    await using t = await bench();
    const kept: Message<'t'>[] = [];
    t.bus.subscribe('t', { batch: { size: 1 } }, (messages, batch) => {
      kept.push(...messages);
      if (kept[0] !== undefined) batch.fail(kept[0], bad);
    });
    t.burst(1, 1);
    t.burst(2, 2);
    await t.env.settle();
    expect(t.errors).toMatchObject([
      { cause: bad },
      { cause: { code: 'BATCH_MESSAGE_UNKNOWN', details: { pattern: 't' } } },
    ]);
  });

  it('refuses what comes after the batch is over', async () => {
    await using t = await bench();
    const kept: [Message<'t'>, Batch<Message<'t'>>][] = [];
    t.bus.subscribe('t', { batch: {} }, ([first], batch) => {
      if (first !== undefined) kept.push([first, batch]);
    });
    t.burst(1, 1);
    await t.env.settle();
    const [[message, batch] = []] = kept;
    expect(() => message && batch?.fail(message, bad)).toThrow(
      expect.objectContaining({ code: 'BATCH_MESSAGE_UNKNOWN' }),
    );
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ handled: 1, failed: 0 });
  });
});

describe('a handler that fails', () => {
  it.each([
    ['throws', (): never => expect.fail('all')],
    ['rejects', () => Promise.reject(new Error('all'))],
  ])('and %s fails its whole batch, and no later one', async (_, fault) => {
    await using t = await bench();
    let calls = 0;
    t.bus.subscribe('t', { batch: { size: 3 } }, () => (++calls === 1 ? fault() : undefined));
    t.burst(1, 5);
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ failed: 3, handled: 2 });
    expect(t.errors[0]).toMatchObject({ cause: { message: expect.stringContaining('all') } });
  });

  it('leaves those their own errors that it has failed before', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: {} }, ([first], batch) => {
      if (first !== undefined) batch.fail(first, bad);
      throw new Error('all');
    });
    t.burst(1, 2);
    await t.env.settle();
    expect(t.errors.map(({ cause }) => (cause as Error).message)).toEqual(['bad', 'all']);
  });

  it('harms no batch that is handled beside it', async () => {
    await using t = await bench();
    t.bus.subscribe('t', { batch: { size: 1 }, concurrency: 2 }, async ([message]) => {
      if (message?.payload === 1) throw bad;
    });
    t.burst(1, 2);
    await t.env.settle();
    expect(t.bus.inspect().outcomes.ended).toMatchObject({ failed: 1, handled: 1 });
  });
});
