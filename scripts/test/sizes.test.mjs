import { expect, test } from 'vitest';
import { sizeFaults } from '../sizes/faults.mjs';
import { linesThatRun, sourceFaults, sourcesIn } from '../sizes/sources.mjs';
import { newFolder, writeFiles } from './folders.mjs';

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

test('a budget of several packages is stated by the first of them', () => {
  const together = { 'packages/a/dist/index.js': '{ a }', 'packages/b/dist/index.js': '{ b }' };
  const budgets = [budget('a', '2 kB'), { import: together, limit: '5 kB' }];
  expect(sizeFaults(budgets, () => 'Size: at most 2 kB, with b at most 5 kB.\n')).toEqual([]);
  expect(sizeFaults(budgets, () => 'Size: at most 2 kB.\n')).toEqual([
    expect.stringMatching(/a\/README.md says 2 kB, and .size-limit.json 2 kB, 5 kB/),
  ]);
});

test.each([
  ['types', 'export interface A {\n  b: string;\n}\nexport type B = A | 1;\n', 0],
  ['comments and blank lines', '/** Why. */\n\n// Because.\n', 0],
  [
    'imports, however long',
    "import { a } from './a.ts';\nimport {\n  b,\n  type C,\n} from './b.ts';\n",
    0,
  ],
  ['a function', 'export function one(): number {\n  // Never two.\n  return 1;\n}\n', 3],
  ['what is exported from elsewhere', "export { a } from './a.ts';\n", 1],
  ['lines of a text', 'const a = `import a\n// b\nc`;\n', 3],
])('of lines that run, %s count as what the compiler makes of them', (_, text, lines) => {
  expect(linesThatRun(text)).toBe(lines);
});

test('files count in all folders, those of types too', () => {
  const folder = newFolder();
  writeFiles(folder, { 'a.ts': 'export const a = 1;\n', 'b/c.ts': 'export type C = 1;\n', d: '' });
  expect(sourcesIn(folder)).toEqual({ files: 2, lines: 1 });
});

test('sources past their budget are a fault that says by how much', () => {
  const limits = { files: 2, lines: 10 };
  expect(sourceFaults('core', { files: 2, lines: 10 }, limits)).toEqual([]);
  expect(sourceFaults('core', { files: 3, lines: 11 }, limits)).toEqual([
    'packages/core/src has 3 files, and its budget is 2',
    'packages/core/src has 11 lines that run, and its budget is 10',
  ]);
});
