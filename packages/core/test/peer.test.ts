import { describe, expect, test } from 'vitest';
import type { AnyPlugin, Host, Measurement } from '../src/index.ts';
import { plugin, testBench } from './support/bench.ts';
import { recordingLogger } from './support/log.ts';

declare module '../src/plugin/hooks.ts' {
  interface Facts {
    readonly weather: string;
  }
}

function watches(name: string, into: string[]): AnyPlugin {
  return plugin(name, ({ hooks }) => {
    hooks.fact.tap((fact) => void into.push(`${name} ${fact.name} ${fact.value}`));
  });
}

describe('observers of facts', () => {
  test('are told, in order, what a plugin says', async () => {
    const seen: string[] = [];
    const { host } = await testBench({ plugins: [watches('a', seen), watches('b', seen)] });
    for (const weather of ['fine', 'foul']) host.tell('weather', weather);
    expect(seen).toEqual(['a weather fine', 'b weather fine', 'a weather foul', 'b weather foul']);
  });

  test('may be none', async () => {
    const { host } = await testBench();
    expect(() => host.tell('weather', 'fine')).not.toThrow();
  });

  test('are told also while the bus starts', async () => {
    const seen: string[] = [];
    const teller = plugin('teller', ({ hooks, tell }) => {
      hooks.start.tap(() => tell('weather', 'fine'));
    });
    await testBench({ plugins: [teller, watches('a', seen)] });
    expect(seen).toEqual(['a weather fine']);
  });

  test('that throw are logged, and keep neither the teller nor the others from going on', async () => {
    const log = recordingLogger();
    const seen: string[] = [];
    const broken = plugin('broken', ({ hooks }) => {
      hooks.fact.tap(() => {
        throw new Error('no');
      });
    });
    const { host } = await testBench({ plugins: [broken, watches('a', seen)], log });
    host.tell('weather', 'fine');
    expect(seen).toEqual(['a weather fine']);
    expect(log.warnings).toHaveLength(1);
    expect(log.warnings[0]).toContain('BUS_HOOK_FAILED');
  });
});

describe('measurements', () => {
  const figure = (name: string, value: number): Measurement => ({
    name,
    help: 'a figure',
    kind: 'gauge',
    value,
  });

  test('are collected from all plugins when they are asked for', async () => {
    let value = 1;
    const one = plugin('one', ({ hooks }) => hooks.measure.tap(() => [figure('one', value)]));
    const two = plugin('two', ({ hooks }) =>
      hooks.measure.tap(() => [figure('two_a', 0), { ...figure('two_b', 0), labels: { a: 'b' } }]),
    );
    const { host } = await testBench({ plugins: [one, two] });
    value = 5;
    const measured = host.measurements();
    expect(measured.map(({ name }) => name)).toEqual(['one', 'two_a', 'two_b']);
    expect(measured[0]?.value).toBe(5);
    expect(measured[2]?.labels).toEqual({ a: 'b' });
  });

  test('are none without taps', async () => {
    const { host } = await testBench();
    expect(host.measurements()).toEqual([]);
  });

  test('of a plugin that throws are left out, and it is blamed', async () => {
    const broken = plugin('broken', ({ hooks }) =>
      hooks.measure.tap(() => {
        throw new Error('no');
      }),
    );
    const well = plugin('well', ({ hooks }) => hooks.measure.tap(() => [figure('well', 1)]));
    const { host, errors } = await testBench({ plugins: [broken, well] });
    expect(host.measurements()).toEqual([figure('well', 1)]);
    expect(errors).toMatchObject([
      { code: 'BUS_HOOK_FAILED', details: { hook: 'measure', plugin: 'broken' } },
    ]);
  });
});

describe('timeEveryRun', () => {
  async function timed() {
    let host: Host | undefined;
    let durations = 0;
    const ends: (() => void)[] = [];
    const watch = plugin('watch', (given) => {
      host = given;
      given.hooks.outcome.tap((_message, _endpoint, _outcome, _startedAt, durationMs) => {
        if (!Number.isNaN(durationMs)) durations++;
        return undefined;
      });
    });
    const early = plugin('early', (given) => void ends.push(given.timeEveryRun()));
    const bench = await testBench({ plugins: [watch, early] });
    bench.subscribe('a', () => undefined);
    /** Whether all, or few, of 64 runs are timed. */
    const runs = async (): Promise<'all' | 'few'> => {
      durations = 0;
      for (let i = 0; i < 64; i++) await bench.publish('a');
      return durations === 64 ? 'all' : 'few';
    };
    if (host === undefined) throw new Error('the plugin was not set up');
    return { ...bench, host, ends, runs };
  }

  test('times every run until its end is called', async () => {
    const { host, ends, runs } = await timed();
    for (const end of ends) end();
    expect(await runs()).toBe('few');
    const end = host.timeEveryRun();
    expect(await runs()).toBe('all');
    end();
    expect(await runs()).toBe('few');
  });

  test('may be asked for several times, and ends with the last of them', async () => {
    const { host, ends, runs } = await timed();
    for (const end of ends) end();
    const one = host.timeEveryRun();
    const two = host.timeEveryRun();
    one();
    one();
    expect(await runs()).toBe('all');
    two();
    expect(await runs()).toBe('few');
  });

  test('may be asked for before the bus starts', async () => {
    const { ends, runs } = await timed();
    expect(await runs()).toBe('all');
    for (const end of ends) end();
    expect(await runs()).toBe('few');
  });
});
