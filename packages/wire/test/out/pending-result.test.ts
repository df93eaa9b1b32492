import { expect, test } from 'vitest';
import { PendingResult } from '../../src/out/pending-result.ts';

/** Notes what a result comes to. */
function watch(result: PendingResult): string[] {
  const log: string[] = [];
  result.then(
    (value) => log.push(`resolved ${value}`),
    (error) => log.push(`rejected ${error}`),
  );
  return log;
}

test('calls back on the stack, once, whatever comes after', () => {
  const result = new PendingResult();
  const log = watch(result);
  result.resolve(1);
  expect(log).toEqual(['resolved 1']);
  result.resolve(2);
  result.reject('late');
  expect(log).toEqual(['resolved 1']);
});

test('calls back at once where it has settled', () => {
  const result = new PendingResult();
  result.reject('no');
  expect(watch(result)).toEqual(['rejected no']);
});

test('calls all that wait, also those that ask for one side only', async () => {
  const result = new PendingResult();
  const before: unknown[] = [];
  result.then(null, (error) => before.push(error));
  const logs = [watch(result), watch(result)];
  const awaited = (async () => await result)();
  result.resolve(1);
  expect([before, ...logs]).toEqual([[], ['resolved 1'], ['resolved 1']]);
  expect(await awaited).toBe(1);
});
