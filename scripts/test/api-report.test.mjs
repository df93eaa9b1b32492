import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportFaults } from '../api/report.mjs';
import { newFolder, writeFiles } from './folders.mjs';

function packageThatDeclares(declarations) {
  const place = join(newFolder(), 'sample');
  writeFiles(place, {
    'package.json': { name: 'sample', version: '0.1.0', type: 'module' },
    'dist/index.d.ts': declarations,
  });
  const scratch = newFolder();
  return {
    place,
    write: () => reportFaults(place, { isCheck: false, scratch }),
    check: () => reportFaults(place, { isCheck: true, scratch }),
  };
}

test('a report is what it was until a declaration changes, and the fault says what to do', () => {
  const { place, write, check } = packageThatDeclares('/** Half. */\nexport declare const a: 1;\n');
  expect(write()).toEqual([]);
  expect(readFileSync(join(place, 'etc/sample.api.md'), 'utf8')).toContain('const a: 1');
  expect(check()).toEqual([]);
  writeFiles(place, { 'dist/index.d.ts': '/** Half. */\nexport declare const a: 2;\n' });
  expect(check()).toEqual([expect.stringMatching(/'pnpm run api'.*changeset/)]);
  expect(readFileSync(join(place, 'etc/sample.api.md'), 'utf8')).toContain('const a: 1');
});

test('a package without a report fails, and what is undocumented does', () => {
  const { place, check } = packageThatDeclares('export declare const a: 1;\n');
  expect(check()).toEqual([
    expect.stringContaining('Missing documentation for "a"'),
    expect.stringContaining('sample: its public names'),
  ]);
  expect(existsSync(join(place, 'etc/sample.api.md'))).toBe(false);
});
