import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestOf } from '../packed.mjs';
import { fillInRepository } from '../publish/repository.mjs';
import { newFolder, writeFiles } from './folders.mjs';

test('while a fork publishes, its manifests name it; afterwards they are as they were', () => {
  const root = newFolder();
  const place = join(root, 'packages/a');
  writeFiles(root, { 'packages/a/package.json': '{"name":"a"}' });
  const env = { GITHUB_REPOSITORY: 'acme/bus', GITHUB_SERVER_URL: 'https://git.test' };
  const putBack = fillInRepository(root, ['packages/a'], env);
  expect(manifestOf(place)).toEqual({
    name: 'a',
    repository: { type: 'git', url: 'git+https://git.test/acme/bus.git', directory: 'packages/a' },
  });
  putBack();
  expect(readFileSync(join(place, 'package.json'), 'utf8')).toBe('{"name":"a"}');
});

test('where nothing says which repository it is, nothing is written', () => {
  const root = newFolder();
  writeFiles(root, { 'packages/a/package.json': '{"name":"a"}' });
  fillInRepository(root, ['packages/a'], {})();
  expect(manifestOf(join(root, 'packages/a'))).toEqual({ name: 'a' });
});
