// Builds and tests the examples as their readers would: in a folder of their own, against the
// packages as they would be published. The packages must have been built.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { manifestOf, neededBy, packer, root, run } from './packed.mjs';

const folder = mkdtempSync(join(tmpdir(), 'examples-'));
const tarballOf = packer(join(folder, 'packed'));

function check(example) {
  const place = join(folder, example);
  const skipped = new Set(['node_modules', 'dist']);
  cpSync(join(root, 'examples', example), place, {
    recursive: true,
    filter: (source) => !skipped.has(basename(source)),
  });
  const packed = [...neededBy(manifestOf(place))].map(tarballOf);
  run('npm', ['install', '--no-audit', '--no-fund', '--save-dev', ...packed], place);
  for (const script of ['typecheck', 'test', 'build']) run('npm', ['run', script], place);
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
