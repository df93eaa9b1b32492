import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestOf, root } from '../packed.mjs';
import { newFolder, writeFiles } from './folders.mjs';

const program = join(root, 'scripts/check-changes.mjs');
const config = readFileSync(join(root, '.changeset/config.json'), 'utf8');
const { changedFilePatterns } = JSON.parse(config);

/** A repository of two packages with one commit, which is the base. */
function repository() {
  const folder = newFolder();
  const env = { ...process.env, CHANGES_SINCE: 'base' };
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@a.test', ...args], {
      cwd: folder,
      stdio: 'pipe',
    });
  const commit = () => {
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message', 'a change');
  };
  writeFiles(folder, {
    'package.json': { name: 'sample', version: '0.0.0', private: true },
    'pnpm-workspace.yaml': 'packages: ["packages/*"]\n',
    '.changeset/config.json': { baseBranch: 'main', changedFilePatterns },
    '.changeset/of-before.md': '---\n"@sample/a": minor\n---\n\nOf before.\n',
    'packages/a/package.json': { name: '@sample/a', version: '0.1.0' },
    'packages/a/src/index.ts': '',
    'packages/b/package.json': { name: '@sample/b', version: '0.1.0' },
    'packages/c/package.json': { name: '@sample/c', version: '0.0.0', private: true },
  });
  git('init', '--quiet', '--initial-branch', 'main');
  commit();
  git('branch', 'base');
  const check = (more = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, folder], {
      env: { ...env, ...more },
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };
  return { folder, git, commit, check, change: (files) => writeFiles(folder, files) };
}

test('a changed package without a changeset fails, and the message says what to do', () => {
  const { change, commit, check } = repository();
  expect(check()).toMatchObject({ status: 0 });
  change({ 'packages/a/src/index.ts': 'export const a = 1;' });
  commit();
  const { status, said } = check();
  expect(status).toBe(1);
  expect(said).toMatch(/^@sample\/a changed since .*'pnpm exec changeset'/);
  expect(said).not.toContain('@sample/b');
});

test('a changeset that names the package passes, before it is committed too; one for another does not', () => {
  const { change, commit, check } = repository();
  change({
    'packages/a/src/index.ts': 'export const a = 1;',
    '.changeset/new.md': '---\n"@sample/b": patch\n---\n\nOf b.\n',
  });
  commit();
  expect(check()).toMatchObject({ status: 1 });
  change({ '.changeset/none.md': '---\n"@sample/a": none\n---\n\nNothing of note.\n' });
  expect(check()).toMatchObject({ status: 0 });
  commit();
  expect(check()).toMatchObject({ status: 0 });
});

test('tests, readmes and private packages need none', () => {
  const { change, commit, check } = repository();
  change({
    'packages/a/test/a.test.ts': '',
    'packages/a/README.md': '# a',
    'packages/c/src/index.ts': '',
  });
  commit();
  expect(check()).toMatchObject({ status: 0 });
});

test('the pull request that makes versions has no changesets any more, and passes', () => {
  const { folder, change, commit, check } = repository();
  const manifest = manifestOf(join(folder, 'packages/a'));
  change({ 'packages/a/package.json': { ...manifest, version: '0.2.0' } });
  rmSync(join(folder, '.changeset/of-before.md'));
  commit();
  expect(check()).toMatchObject({ status: 0 });
  change({ 'packages/b/package.json': { name: '@sample/b', version: '0.1.0', type: 'module' } });
  commit();
  expect(check()).toMatchObject({ status: 1, said: expect.stringContaining('@sample/b') });
});

test('with nothing to compare with it says so and passes, unless a base was asked for', () => {
  const { check } = repository();
  const without = check({ CHANGES_SINCE: '', GITHUB_BASE_REF: '' });
  expect(without).toMatchObject({ status: 0 });
  expect(without.said).toContain('not checked: there is no origin/main');
  expect(check({ CHANGES_SINCE: 'nowhere' }).status).toBe(1);
});

test('the branch of a pull request is the base', () => {
  const { git, change, commit, check } = repository();
  git('update-ref', 'refs/remotes/origin/next', 'HEAD');
  change({ 'packages/a/src/index.ts': 'export const a = 1;' });
  commit();
  expect(check({ CHANGES_SINCE: '', GITHUB_BASE_REF: 'next' }).status).toBe(1);
});
