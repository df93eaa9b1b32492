import { deferred } from '@bus/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PublisherWindow } from '../src/publisher-window.ts';
import type { Bench } from './support/bench.ts';
import { bench, reliably, steady } from './support/bench.ts';
import { alwaysFails } from './support/listeners.ts';

/** A message as a link brings it. */
function arrives(
  { host }: Bench,
  sequence: number,
  from: { readonly source?: string; readonly idPrefix?: string } = {},
): void {
  const { source = 'there', idPrefix = 'x-r.' } = from;
  void host.receive('event', 'a', sequence, { source, idPrefix, hops: 1 }, { sequence });
}

describe('a subscription that gets a message again', () => {
  it('acknowledges it without running the listener', async () => {
    await using it = await bench();
    const runs: unknown[] = [];
    it.bus.subscribe('a', ({ payload }) => void runs.push(payload), reliably);
    for (const sequence of [0, 1, 1, 0, 2, 2]) arrives(it, sequence);
    expect(runs).toEqual([0, 1, 2]);
    expect(it.report().duplicates).toBe(3);
    expect(it.bus.inspect().outcomes.ended.handled).toBe(6);
  });

  it('takes the same number of another publisher for another message', async () => {
    await using it = await bench();
    const runs: unknown[] = [];
    it.bus.subscribe('a', ({ source, payload }) => void runs.push(`${source}${payload}`), reliably);
    arrives(it, 0);
    arrives(it, 0, { idPrefix: 'y-r.' });
    // A prefix may be anybody's.
    arrives(it, 0, { source: 'elsewhere' });
    arrives(it, 0);
    expect(runs).toEqual(['there0', 'there0', 'elsewhere0']);
  });

  it('runs it again where its first run failed', async () => {
    await using it = await bench({ attempts: 1, deadLetters: { capacity: 1 } });
    const listener = alwaysFails();
    it.bus.subscribe('a', listener, reliably);
    arrives(it, 0);
    await it.env.settle();
    // A dead letter is an end too; what found no room there is not.
    arrives(it, 0);
    arrives(it, 1);
    await it.env.settle();
    arrives(it, 1);
    await it.env.settle();
    expect(listener.runs).toBe(3);
  });

  it('waits for the result of a run that is still under way', async () => {
    await using it = await bench();
    const run = deferred();
    let runs = 0;
    it.bus.subscribe(
      'a',
      () => {
        runs++;
        return run.promise;
      },
      { ...reliably, concurrency: 3 },
    );
    arrives(it, 0);
    arrives(it, 0);
    await it.env.settle();
    expect(it.bus.inspect().outcomes.inFlight).toBe(2);
    run.resolve(undefined);
    await it.env.settle();
    expect(runs).toBe(1);
    expect(it.bus.inspect().outcomes.ended.handled).toBe(2);
  });

  it('runs what is older than its window, since nothing is known of it', async () => {
    await using it = await bench({ dedupe: { window: 4 } });
    const runs: unknown[] = [];
    it.bus.subscribe('a', ({ payload }) => void runs.push(payload), reliably);
    for (const sequence of [0, 1, 2, 3, 4, 1, 0]) arrives(it, sequence);
    expect(runs).toEqual([0, 1, 2, 3, 4, 0]);
  });

  it('forgets the publisher longest unheard of, of very many', async () => {
    await using it = await bench();
    let runs = 0;
    it.bus.subscribe('a', () => void runs++, reliably);
    for (let publisher = 0; publisher <= 256; publisher++) {
      arrives(it, 0, { idPrefix: `${publisher}-r.` });
    }
    arrives(it, 0, { idPrefix: '256-r.' });
    expect(runs).toBe(257);
    arrives(it, 0, { idPrefix: '0-r.' });
    expect(runs).toBe(258);
  });

  it('marks what it handled though its sender had gone by then', async () => {
    await using it = await bench();
    const run = deferred();
    let runs = 0;
    it.bus.subscribe(
      'a',
      () => {
        runs++;
        return run.promise;
      },
      reliably,
    );
    const controller = new AbortController();
    const fields = { idPrefix: 'x-r.', attempt: 1 };
    const { signal } = controller;
    void it.host.send('event', 'a', 0, { signal }, { sequence: 0, fields });
    controller.abort();
    run.resolve(undefined);
    await it.env.settle();
    void it.host.send('event', 'a', 0, undefined, { sequence: 0, fields });
    await it.env.settle();
    expect(runs).toBe(1);
    expect(it.report().duplicates).toBe(1);
  });

  it('tries on for the one that came again, when the first was given up', async () => {
    await using it = await bench({ ...steady, attempts: 2 });
    const runs: ReturnType<typeof deferred>[] = [];
    it.bus.subscribe(
      'a',
      () => {
        const run = deferred();
        runs.push(run);
        return run.promise;
      },
      { ...reliably, concurrency: 2 },
    );
    const controller = new AbortController();
    const fields = { idPrefix: 'x-r.', attempt: 1 };
    const { signal } = controller;
    void it.host.send('event', 'a', 0, { signal }, { sequence: 0, fields });
    controller.abort();
    void it.host.send('event', 'a', 0, undefined, { sequence: 0, fields });
    runs[0]?.reject(new Error('no'));
    await it.env.advance(100);
    runs[1]?.resolve(undefined);
    await it.env.settle();
    expect(runs).toHaveLength(2);
    const { ended, inFlight } = it.bus.inspect().outcomes;
    expect({ ...ended, inFlight }).toMatchObject({ cancelled: 1, handled: 1, inFlight: 0 });
  });
});

describe('the window of a publisher', () => {
  it('knows just the numbers added to it that are not older than its size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
        (size, numbers) => {
          const window = new PublisherWindow(size);
          const known = new Set<number>();
          let highest = -1;
          for (const number of numbers) {
            const inside = number > highest - size;
            expect(window.has(number)).toBe(inside && known.has(number));
            window.add(number);
            if (inside) known.add(number);
            highest = Math.max(highest, number);
          }
        },
      ),
    );
  });
});
