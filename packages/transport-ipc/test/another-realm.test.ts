import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { systemCode } from '../src/errors.ts';

test('a system error has its code whatever realm it is of, as where jest runs tests', () => {
  const error = runInNewContext("Object.assign(new Error('gone'), { code: 'ENOENT' })");
  expect(error instanceof Error).toBe(false);
  expect(systemCode(error)).toBe('ENOENT');
  for (const no of [undefined, null, 'ENOENT', { code: 5 }, new Error('no code')]) {
    expect(systemCode(no)).toBeUndefined();
  }
});
