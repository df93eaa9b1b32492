// Gives the packages of this repository another scope, everywhere: names, imports, documentation,
// templates, brands, workflows, the lockfile.
//   pnpm rename-scope @acme           in a working tree without changes
//   pnpm rename-scope @acme --force   in any
// Topics such as '$bus.peer.up' and headers such as 'bus-trace' are the protocol's and stay, and so
// does the name of create-bus-plugin, which has no scope.
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { root, run, scope } from './packed.mjs';
import { scopeFault, withScope, withSortedDependencies } from './rename/scope.mjs';

const isForced = process.argv.includes('--force');
const [to] = process.argv.slice(2).filter((word) => word !== '--force');
const from = scope.slice(0, -1);

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
const tool = (name) => join(root, 'node_modules/.bin', name);

function refusal() {
  const fault = scopeFault(to);
  if (fault !== undefined) return fault;
  if (to === from) return `the scope is ${from} already`;
  if (isForced || git('status', '--porcelain') === '') return undefined;
  return 'there are changes that are not committed: commit them, so that the renaming can be seen and undone by itself, or add --force';
}

/** The files that git knows or would: no links, and nothing that is not text. */
function textFiles() {
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard');
  const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '');
  return paths
    .map((path) => join(root, path))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

function rename() {
  let count = 0;
  for (const { path, text } of textFiles()) {
    const renamed = withScope(text, from, to);
    if (renamed === text) continue;
    const isManifest = basename(path) === 'package.json';
    writeFileSync(path, isManifest ? withSortedDependencies(renamed) : renamed);
    count++;
  }
  return count;
}

const fault = refusal();
if (fault !== undefined) {
  console.error(fault);
  process.exitCode = 1;
} else {
  const count = rename();
  run(tool('pnpm'), ['install', '--no-frozen-lockfile', '--prefer-offline'], root);
  // Imports are sorted by name, and lines have another length.
  run(tool('biome'), ['check', '--write', '--log-level=error', '.'], root);
  console.log(`${from} is ${to} in ${count} files. Next: 'pnpm test', look at 'git diff', commit.`);
}
