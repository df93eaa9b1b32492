import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesUnder } from './files.mjs';

/** Packages whose files a section of the page lists, and the heading of that section. */
const listings = { core: '### The kernel, file by file', wire: '## Links' };

/**
 * Files of the packages above that ARCHITECTURE.md does not name, and names there that are no files.
 * @param {string} root
 * @returns {string[]}
 */
export function houseFaults(root) {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  return Object.entries(listings).flatMap(([name, heading]) => {
    const folder = `packages/${name}/src`;
    const own = filesUnder(root, folder, '.ts').map((file) => basename(file));
    const listed = filesListed(page, heading);
    return [
      ...own
        .filter((file) => !listed.includes(file))
        .map((file) => `ARCHITECTURE.md does not list ${folder}/${file}`),
      ...listed
        .filter((file) => !own.includes(file))
        .map((file) => `ARCHITECTURE.md lists ${file}, which is not in ${folder}`),
    ];
  });
}

/** The files in the first column of a section's table. @param {string} page @param {string} heading */
function filesListed(page, heading) {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const table = section.slice(0, section.search(/\n#{2,3} /));
  return [...table.matchAll(/^\|((?: ?`[\w-]+\.ts`,?)+) +\|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([\w-]+\.ts)`/g)].map(([, file]) => file),
  );
}
