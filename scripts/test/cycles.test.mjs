import { expect, test } from 'vitest';
import { cycleFaults, cyclesOf, importsIn } from '../cycles/graph.mjs';
import { newFolder, writeFiles } from './folders.mjs';

/** The cycles of the files given, each as a text. */
function cyclesIn(files) {
  const folder = newFolder();
  writeFiles(folder, files);
  return cyclesOf(importsIn(folder)).map(({ cycle }) => cycle.join(' '));
}

test('files that import each other for their types alone are a cycle', () => {
  const files = {
    'a.ts': "import type { B } from './b.ts';\nexport interface A { b: B }\n",
    'b.ts': "import type { A } from './a.ts';\nexport interface B { a: A }\n",
  };
  expect(cyclesIn(files)).toEqual(['a.ts b.ts a.ts']);
});

test.each([
  ['a value', "import { b } from './b.ts';"],
  ['a type among values', "import { type B, b } from './b.ts';"],
  ['a side effect', "import './b.ts';"],
  ['an export', "export { b } from './b.ts';"],
  ['an export of types', "export type * from './b.ts';"],
  ['an import type', "export type B = import('./b.ts').B;"],
  ['a dynamic import', "export const b = () => import('./b.ts');"],
  ['the name of what it is built to', "import { b } from './b.js';"],
])('a cycle is seen through %s', (_, line) => {
  const files = { 'a.ts': `${line}\n`, 'b.ts': "import type { A } from './a.ts';\n" };
  expect(cyclesIn(files)).toEqual(['a.ts b.ts a.ts']);
});

test('a cycle over folders is seen, and shown at its shortest', () => {
  const files = {
    'in/a.ts': "import './b.ts';\nimport '../out/c.ts';\n",
    'in/b.ts': "import '../out/c.ts';\n",
    'out/c.ts': "import type { A } from '../in/a.ts';\n",
  };
  expect(cyclesIn(files)).toEqual(['in/a.ts out/c.ts in/a.ts']);
});

test('two cycles that do not touch are two, and a file that imports itself is one', () => {
  const files = {
    'a.ts': "import './b.ts';\n",
    'b.ts': "import './a.ts';\nimport './c.ts';\n",
    'c.ts': "import './c.ts';\n",
  };
  expect(cyclesIn(files).sort()).toEqual(['a.ts b.ts a.ts', 'c.ts c.ts']);
});

test('files that share a third are no cycle, nor are comments, texts and other packages', () => {
  const files = {
    'a.ts': "import './c.ts';\nimport './b.ts';\nimport '@bus/a';\n",
    'b.ts': "import './c.ts';\n// import './a.ts';\nexport const text = \"import './a.ts'\";\n",
    'c.ts': "import { join } from 'node:path';\n",
  };
  expect(cyclesIn(files)).toEqual([]);
});

test('a fault says which files, and what to do', () => {
  const imports = new Map([
    ['a.ts', ['b.ts']],
    ['b.ts', ['a.ts']],
  ]);
  expect(cycleFaults('wire', imports, [])).toEqual([
    expect.stringMatching(/packages\/wire\/src: 2 files.*a\.ts → b\.ts → a\.ts.*Move/),
  ]);
});

test('a package on the list may have cycles, and has to leave it once it has none', () => {
  const cyclic = new Map([['a.ts', ['a.ts']]]);
  expect(cycleFaults('core', cyclic, ['core'])).toEqual([]);
  expect(cycleFaults('core', new Map([['a.ts', []]]), ['core'])).toEqual([
    expect.stringContaining('take it off the list'),
  ]);
});
