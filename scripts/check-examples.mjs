// Builds and tests the examples as their readers would: in a folder of their own, against the
// packages as they would be published. The packages must have been built.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'examples-'));

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}

function manifestOf(place) {
  return JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
}

/** The packages of this repository that a manifest leads to, by folder. */
function neededBy(manifest, found = new Set()) {
  const { dependencies, peerDependencies, devDependencies } = manifest;
  for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })) {
    const place = join(root, 'packages', name.replace('@bus/', ''));
    if (!name.startsWith('@bus/') || !existsSync(place) || found.has(place)) continue;
    found.add(place);
    // What a package needs for its own development does not come with it.
    neededBy({ ...manifestOf(place), devDependencies: {} }, found);
  }
  return found;
}

const tarballs = new Map();

function tarballOf(place) {
  const packed = join(folder, 'packed', basename(place));
  if (!tarballs.has(place)) {
    mkdirSync(packed, { recursive: true });
    execFileSync('pnpm', ['pack', '--pack-destination', packed], {
      cwd: place,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    tarballs.set(place, join(packed, readdirSync(packed)[0]));
  }
  return tarballs.get(place);
}

function check(example) {
  const place = join(folder, example);
  const skipped = new Set(['node_modules', 'dist']);
  cpSync(join(root, 'examples', example), place, {
    recursive: true,
    filter: (source) => !skipped.has(basename(source)),
  });
  const packed = [...neededBy(manifestOf(place))].map(tarballOf);
  run('npm', ['install', '--no-audit', '--no-fund', '--save-dev', ...packed], place);
  for (const script of ['check', 'test', 'build']) run('npm', ['run', script], place);
}

try {
  const examples = readdirSync(join(root, 'examples')).filter((name) =>
    existsSync(join(root, 'examples', name, 'package.json')),
  );
  for (const example of examples) check(example);
  console.log(`${examples.length} examples: ${examples.join(', ')}: all is well`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
