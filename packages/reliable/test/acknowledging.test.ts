import type { Message } from '@bus/core';
import { deferred, never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Acknowledgeable } from '../src/index.ts';
import { bench, reliably, steady } from './support/bench.ts';
import { watched } from './support/promises.ts';

describe('a run of a listener', () => {
  it('counts a run that says nothing within the ack deadline as failed, and ignores its late result', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50 });
    const runs: ReturnType<typeof deferred>[] = [];
    const aborted: boolean[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        const run = deferred();
        runs.push(run);
        const at = runs.length - 1;
        aborted[at] = false;
        message.signal.addEventListener('abort', () => {
          aborted[at] = true;
        });
        return run.promise;
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    await it.env.advance(50);
    expect(aborted).toEqual([true]);
    runs[0]?.resolve(undefined);
    await it.env.advance(99);
    expect(published.state).toBe('waiting');
    await it.env.advance(1);
    expect(runs).toHaveLength(2);
    runs[1]?.resolve(undefined);
    await it.env.settle();
    expect(published).toMatchObject({ state: 'done', value: 1 });
    expect(aborted).toEqual([true, false]);
  });

  it('gives a run that works on another ack deadline', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50, attempts: 1 });
    const run = deferred();
    let got: (Message & Acknowledgeable) | undefined;
    it.bus.subscribe(
      'a',
      (message) => {
        got = message;
        return run.promise;
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    for (let i = 0; i < 5; i++) {
      await it.env.advance(40);
      got?.working();
    }
    expect(it.bus.deadLetters.count).toBe(0);
    run.resolve(undefined);
    await it.env.settle();
    expect(published).toMatchObject({ state: 'done', value: 1 });
  });

  it('does not let one that works on hide that another is late', async () => {
    await using it = await bench({ ...steady, ackTimeoutMs: 50, attempts: 1 });
    const got: (Message & Acknowledgeable)[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        got.push(message);
        return never();
      },
      { ...reliably, concurrency: 2 },
    );
    for (const payload of [1, 2]) void it.bus.publish('a', payload);
    await it.env.advance(40);
    got[0]?.working();
    await it.env.advance(20);
    expect(it.bus.deadLetters.list().map(({ message }) => message.payload)).toEqual([2]);
  });

  it('is done by ack() though the listener goes on, and even if it fails then', async () => {
    await using it = await bench();
    const run = deferred();
    it.bus.subscribe(
      'a',
      (message) => {
        message.ack();
        return run.promise;
      },
      reliably,
    );
    expect(await it.bus.publish('a', 1, reliably)).toBe(1);
    run.reject(new Error('too late'));
    await it.env.advance(1000);
    expect(it.report().retries).toBe(0);
    expect(it.errors.map(({ code }) => code)).toEqual(['BUS_HANDLER_FAILED']);
  });

  it('is tried again by nack(), after the delay that says', async () => {
    await using it = await bench();
    const at: number[] = [];
    it.bus.subscribe(
      'a',
      (message) => {
        at.push(it.env.now());
        if (message.attempt === 1) message.nack({ delayMs: 1234 });
      },
      reliably,
    );
    const published = watched(it.bus.publish('a', 1, reliably));
    await it.env.advance(1233);
    expect(published.state).toBe('waiting');
    await it.env.advance(1);
    expect(at).toEqual([0, 1234]);
    expect(published.state).toBe('done');
  });

  it('is not tried again after reject()', async () => {
    await using it = await bench();
    let runs = 0;
    it.bus.subscribe(
      'a',
      async (message) => {
        runs++;
        message.reject('malformed');
        message.ack();
      },
      reliably,
    );
    expect(await it.bus.publish('a', 1, reliably)).toBe(0);
    await it.env.advance(10_000);
    expect(runs).toBe(1);
    const [letter] = it.bus.deadLetters.list();
    expect(letter).toMatchObject({ reason: 'rejected', attempts: 1 });
    expect(letter?.errors[0]?.message).toContain('malformed');
  });
});
