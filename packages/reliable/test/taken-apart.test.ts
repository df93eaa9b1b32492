import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bench, reliably } from './support/bench.ts';

describe('a message that is taken apart', () => {
  it('can be acknowledged', async () => {
    await using t = await bench();
    t.bus.subscribe(
      'a',
      ({ ack }) => {
        ack();
        throw new Error('of no effect');
      },
      reliably,
    );
    expect(await t.bus.publish('a', 1, reliably)).toBe(1);
    expect(t.bus.deadLetters.count).toBe(0);
  });

  it('can be tried again, and given up', async () => {
    await using t = await bench();
    const runs: number[] = [];
    t.bus.subscribe(
      'a',
      ({ attempt, nack, reject }) => {
        runs.push(attempt);
        if (attempt === 1) nack({ delayMs: 5, reason: 'not yet' });
        else reject('never');
      },
      reliably,
    );
    const published = t.bus.publish('a', 1, reliably);
    await t.env.advance(5);
    expect(await published).toBe(0);
    expect(runs).toEqual([1, 2]);
    const [letter] = t.bus.deadLetters.list();
    expect(letter?.errors.map(({ message }) => message.replace(/^.*: /, ''))).toEqual([
      'not yet',
      'never',
    ]);
  });

  it('can be given more time', async () => {
    await using t = await bench({ ackTimeoutMs: 50, attempts: 1 });
    t.bus.subscribe(
      'a',
      async ({ working, signal }) => {
        for (let i = 0; i < 4 && !signal.aborted; i++) {
          await new Promise<void>((resolve) => void t.env.setTimer(resolve, 40));
          working();
        }
      },
      reliably,
    );
    const published = t.bus.publish('a', 1, reliably);
    await t.env.advance(200);
    expect(await published).toBe(1);
  });

  it('shows itself as plain data where it is printed', async () => {
    await using t = await bench();
    let shown = '';
    t.bus.subscribe(
      'a',
      (message) => {
        shown = inspect(message);
      },
      reliably,
    );
    await t.bus.publish('a', { total: 7 }, reliably);
    expect(shown).toContain('payload: { total: 7 }');
    expect(shown).toContain('attempt: 1');
    expect(shown).not.toContain('decision');
  });
});
