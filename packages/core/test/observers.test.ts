import { describe, expect, test } from 'vitest';
import type { AnyPlugin } from '../src/index.ts';
import { ignore, plugin, testBench } from './support/bench.ts';
import { recordingLogger } from './support/log.ts';
import { refusal } from './support/promises.ts';

describe('observers', () => {
  test('one that throws harms neither the message nor the other observers', async () => {
    const log = recordingLogger();
    let seen = 0;
    const broken = plugin('broken', ({ hooks }) => {
      hooks.outcome.tap(() => {
        throw new Error('no');
      });
      hooks.endpoint.tap(() => {
        throw new Error('no');
      });
    });
    const counts = plugin('counts', ({ hooks }) => {
      hooks.outcome.tap(() => {
        seen++;
        return undefined;
      });
    });
    const { bus, publish, subscribe } = await testBench({ plugins: [broken, counts], log });
    subscribe('a', ignore);
    expect(await publish('a')).toBe(1);
    expect(seen).toBe(1);
    expect(bus.inspect().outcomes.ended.handled).toBe(1);
    expect(log.warnings[0]).toContain('BUS_HOOK_FAILED');
  });

  test('of outcomes all run, in their order, each told the same', async () => {
    const seen: unknown[][] = [];
    const watches = (name: string, order?: 'first'): AnyPlugin =>
      plugin(name, ({ hooks }) => {
        hooks.outcome.tap((...args) => void seen.push([name, ...args]), order ? { order } : {});
      });
    const names = ['c', 'a', 'b'];
    const plugins = [watches('a'), watches('b'), watches('c', 'first')];
    const { publish, subscribe } = await testBench({ plugins });
    subscribe('t', () => {
      throw new Error('no');
    });
    await publish('t');
    expect(seen.map(([name]) => name)).toEqual(names);
    const [first, ...others] = seen.map(([, ...args]) => args);
    expect(first).toHaveLength(7);
    expect(first?.[2]).toBe('failed');
    for (const other of others) expect(other).toEqual(first);
  });

  test.each([0, 1, 2])('of outcomes go on where that at %i throws', async (at) => {
    const log = recordingLogger();
    const seen: number[] = [];
    const plugins = [0, 1, 2].map((index) =>
      plugin(`p${index}`, ({ hooks }) => {
        hooks.outcome.tap(() => {
          if (index === at) throw new Error('no');
          seen.push(index);
          return undefined;
        });
      }),
    );
    const { bus, publish, subscribe } = await testBench({ plugins, log });
    subscribe('a', ignore);
    expect(await publish('a')).toBe(1);
    expect(seen).toEqual([0, 1, 2].filter((index) => index !== at));
    expect(bus.inspect().outcomes.ended.handled).toBe(1);
    expect(log.warnings[0]).toContain(`p${at}`);
  });

  test('an error observer that throws is logged once and never entered again', async () => {
    const log = recordingLogger();
    let entered = 0;
    const broken = plugin('broken', ({ hooks }) => {
      hooks.error.tap(() => {
        entered++;
        throw new Error('no');
      });
    });
    const { bus } = await testBench({ plugins: [broken], log });
    await refusal(bus.notify('nowhere', 1));
    expect(entered).toBe(1);
    expect(log.warnings.map((warning) => warning.split(':')[0])).toEqual(['BUS_HOOK_FAILED']);
  });

  test('a run is timed where an observer asks for every one', async () => {
    const durations: number[] = [];
    const timing = plugin('timing', ({ hooks }) => {
      hooks.outcome.tap(
        (_message, _endpoint, _outcome, _startedAt, durationMs) => {
          durations.push(durationMs);
          return undefined;
        },
        { timing: 'every' },
      );
    });
    const { publish, subscribe, env } = await testBench({ plugins: [timing] });
    subscribe('a', () => new Promise<void>((resolve) => void env.setTimer(resolve, 7)));
    await publish('a');
    await env.advance(10);
    expect(durations).toEqual([7]);
  });
});
