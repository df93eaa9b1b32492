import { afterEach, describe, expect, test } from 'vitest';
import type { Fixture } from '../src/index.ts';
import { collectingRunner, transportConformance } from '../src/index.ts';
import { mutants } from './mutants/index.ts';
import { unbroken } from './mutants/mutant.ts';
import { closeLeaked } from './mutants/reconnect-and-resources.ts';

afterEach(closeLeaked);

/** The suite over a link, ready to be run as a whole or case by case. */
async function suite(create: () => Fixture, timeoutMs: number) {
  const runner = collectingRunner();
  const printed: string[] = [];
  const print = (line: string): void => void printed.push(line);
  await transportConformance({ name: 'it', runner, create, timeoutMs, print });
  return { run: runner.run, printed };
}

describe('a transport that', () => {
  test.each(mutants)('$name is caught by its case', async ({ caughtBy, create }) => {
    const { run } = await suite(create, 250);
    const [result] = await run(`it: ${caughtBy}`);
    expect(result).toMatchObject({ outcome: 'failed' });
  });

  test.each([{ framing: 'stream' }, { framing: 'message', maxSendBytes: 65_536 }] as const)(
    'is broken in no way, as %o, passes',
    async (options) => {
      const { run, printed } = await suite(() => unbroken(options), 4000);
      const failed = (await run()).filter(({ outcome }) => outcome === 'failed');
      expect(failed).toEqual([]);
      expect(printed.at(-1)).toBe('it: conformant');
    },
  );
});
