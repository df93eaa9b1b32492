import { expect, test } from 'vitest';
import { sizeFaults } from '../sizes/faults.mjs';

const budget = (name, limit) => ({ path: `packages/${name}/dist/index.js`, limit });

test('a README that says the budget is well, and so is one that says two', () => {
  const readmes = {
    a: '# a\n\nSize: at most 1.6 kB, minified.\n',
    b: 'Size: at most 6 kB in Node, at most 60 kB in browsers.\n',
  };
  const budgets = [budget('a', '1.6 kB'), budget('b', '6 kB'), budget('b', '60 kB')];
  expect(sizeFaults(budgets, (name) => readmes[name])).toEqual([]);
});

test('another size, or none, is a fault that says what to write', () => {
  const faults = sizeFaults([budget('a', '2 kB')], () => 'Size: at most 1.6 kB.\n');
  expect(faults).toEqual([expect.stringMatching(/a\/README.md says 1.6 kB.*'Size: at most 2 kB'/)]);
  expect(sizeFaults([budget('a', '2 kB')], () => '# a\n')).toEqual([
    expect.stringContaining('says no size'),
  ]);
});
