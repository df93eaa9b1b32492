import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestOf, publicPackages, root, scope } from '../packed.mjs';
import { newFolder, writeFiles } from './folders.mjs';

const changesets = join(root, 'node_modules/@changesets/cli/bin.js');
const dependencyKinds = ['dependencies', 'peerDependencies'];

/** The manifests of this repository at known versions, with one change that waits. */
function repositoryWith(changes) {
  const folder = newFolder();
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json']) {
    mkdirSync(join(folder, '.changeset'), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  for (const workspace of ['packages', 'apps', 'tooling', 'docs']) {
    cpSync(join(root, workspace), join(folder, workspace), {
      recursive: true,
      filter: (path) => !/node_modules|dist$/.test(path) && isManifestOrFolder(path),
    });
  }
  const lines = Object.entries(changes).map(([name, size]) => `"${scope}${name}": ${size}\n`);
  writeFiles(folder, { '.changeset/a-change.md': `---\n${lines.join('')}---\n\nA change.\n` });
  return folder;
}

function isManifestOrFolder(path) {
  return path.endsWith('package.json') || !/\.\w+$/.test(path);
}

/** Runs the command that makes versions; returns those that changed, and the manifests after it. */
function versionsAfter(changes) {
  const folder = repositoryWith(changes);
  execFileSync(process.execPath, [changesets, 'version'], { cwd: folder, stdio: 'pipe' });
  const after = readdirSync(join(folder, 'packages')).map((name) => ({
    name,
    before: manifestOf(join(root, 'packages', name)),
    manifest: manifestOf(join(folder, 'packages', name)),
  }));
  const released = after.filter(({ before, manifest }) => before.version !== manifest.version);
  return { released, after, folder };
}

/** The part of a version that was raised, by package. */
function sizesOf(released) {
  return Object.fromEntries(
    released.map(({ name, before, manifest }) => {
      const [a, b] = [before.version, manifest.version].map((version) => version.split('.'));
      return [name, ['major', 'minor', 'patch'][a.findIndex((part, i) => part !== b[i])]];
    }),
  );
}

function packagesOn(name, kind) {
  return publicPackages()
    .map(manifestOf)
    .filter((manifest) => scope + name in (manifest[kind] ?? {}))
    .map((manifest) => manifest.name.replace(scope, ''));
}

test('a minor version of the kernel releases the kernel, and nothing that is built on it', () => {
  const { released, after } = versionsAfter({ core: 'minor' });
  expect(sizesOf(released)).toEqual({ core: 'minor' });
  expect(after.length).toBeGreaterThan(10);
  for (const { before, manifest } of after) {
    for (const kind of dependencyKinds) expect(manifest[kind]).toEqual(before[kind]);
  }
});

test('a patch of the kernel releases the kernel only', () => {
  expect(sizesOf(versionsAfter({ core: 'patch' }).released)).toEqual({ core: 'patch' });
});

test('a patch of the wire is in the range of those built on it; a minor version gives them a patch', () => {
  expect(sizesOf(versionsAfter({ wire: 'patch' }).released)).toEqual({ wire: 'patch' });
  const { released, folder } = versionsAfter({ wire: 'minor' });
  const dependents = packagesOn('wire', 'dependencies');
  expect(dependents).toEqual(expect.arrayContaining(['transport-ipc', 'transport-ws']));
  expect(sizesOf(released)).toEqual({
    wire: 'minor',
    ...Object.fromEntries(dependents.map((name) => [name, 'patch'])),
  });
  const changelog = readFileSync(join(folder, 'packages/transport-ipc/CHANGELOG.md'), 'utf8');
  expect(changelog).toContain(`${scope}wire@`);
});

test('a minor version of a plugin that others are built on forces nothing on them', () => {
  expect(sizesOf(versionsAfter({ pubsub: 'minor' }).released)).toEqual({
    pubsub: 'minor',
    ...Object.fromEntries(packagesOn('pubsub', 'dependencies').map((name) => [name, 'patch'])),
  });
});

test('a major version of the kernel does raise what is built on it', () => {
  const { released } = versionsAfter({ core: 'major' });
  const dependents = packagesOn('core', 'peerDependencies');
  expect(sizesOf(released)).toMatchObject({
    core: 'major',
    ...Object.fromEntries(dependents.map((name) => [name, 'major'])),
  });
});

test('the range of every peer of ours holds until the next major version', () => {
  for (const { name, peerDependencies = {} } of publicPackages().map(manifestOf)) {
    for (const [peer, range] of Object.entries(peerDependencies)) {
      if (!peer.startsWith(scope)) continue;
      expect(range, `${name} on ${peer}`).toMatch(/^workspace:(>=0\.\d+\.\d+ <1\.0\.0|\^)$/);
      const below1 = manifestOf(join(root, 'packages', peer.replace(scope, ''))).version[0] === '0';
      expect(range.includes('<1.0.0'), `${name} on ${peer}`).toBe(below1);
    }
  }
});
