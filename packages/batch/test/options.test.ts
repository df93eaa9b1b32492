import type { EndpointDefinition, Plugin } from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { describe, expect, it } from 'vitest';
import type { BatchLimits } from '../src/index.ts';
import { bench } from './support/bench.ts';

describe('a misspelled limit', () => {
  it('is refused with the name that was meant', async () => {
    await using t = await bench();
    expect(() => t.bus.subscribe('t', { batch: { waitMS: 5 } as BatchLimits }, () => {})).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        message: expect.stringContaining("did you mean 'waitMs'?"),
      }),
    );
    expect(t.bus.endpoints('t')).toEqual([]);
  });
});

describe('an option that makes no sense', () => {
  it.each<[string, unknown]>([
    ['batch', true],
    ['batch', null],
    ['batch.size', { size: 0 }],
    ['batch.size', { size: 1.5 }],
    ['batch.size', { size: 1001 }],
    ['batch.size', { size: '10' }],
    ['batch.bytes', { bytes: 0 }],
    ['batch.bytes', { bytes: '1k' }],
    ['batch.sizeOf', { bytes: 1, sizeOf: 7 }],
    ['batch.sizeOf', { sizeOf: () => 1 }],
    ['batch.waitMs', { waitMs: -1 }],
    ['batch.waitMs', { waitMs: Number.NaN }],
    ['batch.waitMs', { waitMs: '5' }],
  ])('is refused: %s %j', async (option, batch) => {
    await using t = await bench();
    expect(() => t.bus.subscribe('t', { batch: batch as BatchLimits }, () => {})).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: expect.objectContaining({ option }),
      }),
    );
    expect(t.bus.endpoints('t')).toEqual([]);
  });

  it.each([
    ['concurrency', { concurrency: 0 }],
    ['concurrency', { concurrency: '2' as unknown as number }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: '2' as unknown as number }],
  ])('is refused beside `batch` as well: %s', async (option, options) => {
    await using t = await bench();
    expect(() => t.bus.subscribe('t', { batch: {}, ...options }, () => {})).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: { option, value: expect.anything() },
      }),
    );
  });

  it('is refused where there is no listener to get a batch', async () => {
    await using t = await bench();
    const options: object = { batch: {} };
    expect(() => t.bus.subscribe('t', options)).toThrow('a for await loop takes single messages');
  });
});

describe('the plugin', () => {
  it('is what knows the option', async () => {
    const bus = createBus().use(pubsub());
    const options: object = { batch: {} };
    expect(() => bus.subscribe('t', () => {}, options)).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  });

  it('leaves the definitions of all other endpoints as they are', async () => {
    const given: EndpointDefinition[] = [];
    const seen: EndpointDefinition[] = [];
    const looking = (name: string, found: EndpointDefinition[], order: 'first' | 'last'): Plugin =>
      definePlugin({
        name,
        setup({ hooks }) {
          hooks.define.tap(
            (definition) => {
              found.push(definition);
              return definition;
            },
            { order },
          );
          return undefined;
        },
      });
    const before = looking('before', given, 'first');
    const after = looking('after', seen, 'last');
    await using t = await bench({ plugins: [before, after] });
    t.bus.subscribe('t', () => {});
    t.bus.handle('t', () => {});
    expect(seen).toHaveLength(2);
    // The queue is that of @bus/pubsub.
    expect(seen.map((definition) => ({ ...definition, queue: undefined }))).toEqual(given);
  });

  it('works without @bus/pubsub', async () => {
    const { batch } = await import('../src/index.ts');
    const bus = await createBus().use(batch()).start();
    const sizes: number[] = [];
    bus.handle('t', { batch: {} }, (messages) => void sizes.push(messages.length));
    await Promise.all([bus.notify('t', 1), bus.notify('t', 2)]);
    await bus.stop();
    expect(sizes).toEqual([2]);
  });
});

describe('what the bus says of batches', () => {
  it('is in `inspect`, by endpoint, as long as the endpoint is there', async () => {
    await using t = await bench();
    const subscription = t.bus.subscribe('t', { batch: { size: 2 }, name: 'store' }, async () => {
      await new Promise(() => undefined);
    });
    t.burst(1, 3);
    await t.env.settle();
    const report = () => t.bus.inspect().plugins['@bus/batch'];
    expect(report()).toEqual({
      collecting: [{ endpoint: 'store', waiting: 1, running: 1, batches: 1, messages: 2 }],
    });
    subscription.stop();
    expect(report()).toEqual({ collecting: [] });
  });

  it('is measured, endpoints of one name together', async () => {
    const figures: [string, number, string | undefined][] = [];
    const reader = definePlugin({
      name: 'reader',
      setup(host) {
        host.hooks.stop.tap(() => {
          for (const { name, value, labels } of host.measurements()) {
            figures.push([name, value, labels?.endpoint]);
          }
        });
        return undefined;
      },
    });
    const t = await bench({ plugins: [reader] });
    for (let i = 0; i < 2; i++) t.bus.subscribe('t', { batch: {}, name: 'store' }, () => {});
    t.burst(1, 3);
    const stopped = t.bus.stop();
    await t.env.settle();
    await stopped;
    expect(figures).toEqual([
      ['batch_batches', 2, 'store'],
      ['batch_messages', 6, 'store'],
    ]);
  });
});
