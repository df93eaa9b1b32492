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
    const { listed, hasFolders } = filesListed(page, heading);
    const own = filesUnder(root, folder, '.ts').map((file) =>
      hasFolders ? file.slice(folder.length + 1) : basename(file),
    );
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

/**
 * The files in the first column of a section's table. Below a row such as `| **`out/`** | … |` they are
 * files of that folder; a section without such rows lists files by their names alone.
 * @param {string} page
 * @param {string} heading
 * @returns {{ listed: string[], hasFolders: boolean }}
 */
function filesListed(page, heading) {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const table = section.slice(0, section.search(/\n#{2,3} /));
  const listed = [];
  let folder = '';
  for (const [, cell] of table.matchAll(/^\| ?([^|]+?) +\|/gm)) {
    const [, begun] = cell.match(/^\*\*`([\w/-]+\/)`\*\*$/) ?? [];
    if (begun !== undefined) folder = begun;
    else if (/^(?:`[\w-]+\.ts`(?:, )?)+$/.test(cell)) {
      for (const [, file] of cell.matchAll(/`([\w-]+\.ts)`/g)) listed.push(`${folder}${file}`);
    }
  }
  return { listed, hasFolders: folder !== '' };
}
