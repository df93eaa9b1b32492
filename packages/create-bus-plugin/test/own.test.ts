import { expect, test } from 'vitest';
import { caretRanges, own, upToNextMajor } from '../src/own.ts';
import { scope } from '../src/scope.ts';

test('versions are those that the templates are tested with', () => {
  const { ranges, version, node } = own();
  expect(ranges[`${scope}/core`]).toMatch(/^\^\d+\.\d+\.\d+$/);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(node).toMatch(/^>=\d+\.\d+\.\d+$/);
});

test('packed, the manifest says versions itself; in the repository, what is installed does', () => {
  const nothing = (name: string): string => {
    throw new Error(`${name} is not installed`);
  };
  expect(caretRanges({ a: '1.2.3', b: '^2.0.0' }, nothing)).toEqual({ a: '^1.2.3', b: '^2.0.0' });
  expect(caretRanges({ a: 'workspace:*', b: 'catalog:' }, () => '3.1.0')).toEqual({
    a: '^3.1.0',
    b: '^3.1.0',
  });
});

test('a peer may be any version up to the next major one, below 1.0 as well', () => {
  expect(upToNextMajor('^0.1.2')).toBe('>=0.1.2 <1.0.0');
  expect(upToNextMajor('^1.2.3')).toBe('^1.2.3');
  expect(upToNextMajor('0.x')).toBe('0.x');
});
