// Publishes every package that has a version which the registry does not have. 'pnpm run release' builds
// and checks before.
//   node scripts/publish.mjs            publishes, and tags what it has published
//   node scripts/publish.mjs --dry-run  does all but that
import { join, relative } from 'node:path';
import process from 'node:process';
import read from '@changesets/read';
import { manifestOf, publicPackages, root, run } from './packed.mjs';
import { fillInRepository } from './publish/repository.mjs';

const isDry = process.argv.includes('--dry-run');
const tool = (name) => join(root, 'node_modules/.bin', name);
const folders = publicPackages().map((place) => relative(root, place).replaceAll('\\', '/'));

function publish() {
  const putBack = fillInRepository(root, folders, process.env);
  try {
    if (isDry) {
      const filters = folders.map((folder) => `--filter=./${folder}`);
      run(tool('pnpm'), ['-r', ...filters, 'publish', '--dry-run', '--no-git-checks'], root);
    } else {
      run(tool('changeset'), ['publish'], root);
    }
  } finally {
    putBack();
  }
}

const waiting = await read(root);
for (const folder of folders) {
  const { name, version } = manifestOf(join(root, folder));
  console.log(`${name} ${version}`);
}
if (waiting.length > 0 && !isDry) {
  console.error(
    `${waiting.length} changesets are in no version yet: run 'pnpm run version', commit what it writes, and release that.`,
  );
  process.exitCode = 1;
} else {
  publish();
}
