import { expect, test } from 'vitest';
import { busOptions, optionPackages } from '../../tooling/bus-options/index.js';
import { newFolder, writeFiles } from './folders.mjs';

/** What the packages with these options come to. */
function packagesOf(options) {
  const folder = newFolder();
  const manifests = Object.entries(options).map(([name, brought]) => [
    `${name}/package.json`,
    { name: `@bus/${name}`, bus: brought && { options: brought } },
  ]);
  writeFiles(folder, { ...Object.fromEntries(manifests), 'notes/README.md': '# notes\n' });
  return optionPackages(folder);
}

test('options of all packages are one table, in the order of their names', () => {
  const b = { order: 'subscribe', delivery: 'publish, subscribe' };
  const table = packagesOf({ a: { 'overflow:latest': 'handle' }, b, c: undefined });
  expect(Object.entries(table)).toEqual([
    ['delivery', '@bus/b'],
    ['order', '@bus/b'],
    ['overflow:latest', '@bus/a'],
  ]);
});

test('an option has one package', () => {
  const option = { order: 'subscribe' };
  expect(() => packagesOf({ a: option, b: option })).toThrow(
    "@bus/a and @bus/b both bring the option 'order'",
  );
});

test('an option is one of something', () => {
  expect(() => packagesOf({ a: { order: '' } })).toThrow("what 'order' is an option of");
});

test('builds and tests define the table of this repository', () => {
  expect(JSON.parse(busOptions.__BUS_OPTIONS__)).toMatchObject({ delivery: '@bus/reliable' });
});
