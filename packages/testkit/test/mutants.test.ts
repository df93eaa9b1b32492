import { afterEach, describe, expect, test } from 'vitest';
import { mutants } from './mutants/index.ts';
import { unbroken } from './mutants/mutant.ts';
import { closeLeaked } from './mutants/reconnect-and-resources.ts';
import { suite } from './support/suite.ts';

afterEach(closeLeaked);

describe('a transport that', () => {
  test.each(mutants)('$name is caught by its case', async ({ caughtBy, create }) => {
    const { run } = await suite(create, { timeoutMs: 250 });
    const [result] = await run(`it: ${caughtBy}`);
    expect(result).toMatchObject({ outcome: 'failed' });
  });

  test.each([{ framing: 'stream' }, { framing: 'message', maxSendBytes: 65_536 }] as const)(
    'is broken in no way, as %o, passes',
    async (options) => {
      const { run, printed } = await suite(() => unbroken(options));
      const failed = (await run()).filter(({ outcome }) => outcome === 'failed');
      expect(failed).toEqual([]);
      expect(printed.at(-1)).toBe('it: conformant');
    },
  );
});
