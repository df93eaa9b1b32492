// Starts a package of each kind as its author would, with the starter and the packages as they would
// be published, and takes it as far as publishing it: build, types, tests, what would be packed. The
// code of its readme is compiled, too. The packages must have been built.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf } from '../tooling/doc-snippets/markdown.mjs';
import { manifestOf, neededBy, packer, root, run } from './packed.mjs';

const kinds = process.argv.length > 2 ? process.argv.slice(2) : ['plugin', 'transport', 'router'];
const quietly = ['--no-audit', '--no-fund', '--prefer-offline'];
const folder = mkdtempSync(join(tmpdir(), 'starter-'));
const tarballOf = packer(join(folder, 'packed'));

/** Installs the starter on its own; returns its program. */
function installStarter() {
  const place = join(folder, 'starter');
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
  const tarball = tarballOf(join(root, 'packages/create-bus-plugin'));
  run('npm', ['install', ...quietly, tarball], place);
  return join(place, 'node_modules/.bin/create-bus-plugin');
}

/** Where the kind before was checked: most of what it installed is needed again, and npm removes the rest. */
let before;

function check(starter, kind) {
  const name = `@starter/bus-${kind}-rate-limit`;
  run(starter, [`my ${kind}`, '--kind', kind, '--name', name], folder);
  const place = join(folder, `my ${kind}`);
  if (before !== undefined) renameSync(join(before, 'node_modules'), join(place, 'node_modules'));
  before = place;
  const packed = [...neededBy(manifestOf(place))].map(tarballOf);
  run('npm', ['install', ...quietly, '--save-dev', ...packed], place);
  run('npm', ['run', 'build'], place);
  for (const [i, { text }] of readmeCode(place).entries()) {
    writeFileSync(join(place, `test/readme-${i}.ts`), `${text}\nexport {};\n`);
  }
  for (const script of ['typecheck', 'test', 'check:pack']) run('npm', ['run', script], place);
  run('npx', ['changeset', 'version'], place);
  const { version } = manifestOf(place);
  if (version !== '0.1.0') throw new Error(`the first release of a ${kind} would be ${version}`);
}

function readmeCode(place) {
  const blocks = blocksOf(place, 'README.md').filter(({ language }) => language === 'ts');
  if (blocks.length === 0) throw new Error(`the readme in ${place} shows no code`);
  return blocks;
}

try {
  const starter = installStarter();
  for (const kind of kinds) check(starter, kind);
  console.log(`the starter: ${kinds.join(', ')}: all is well`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
