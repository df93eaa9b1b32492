import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesUnder } from './files.mjs';

/**
 * Files of the kernel that ARCHITECTURE.md does not name, and names there that are no files.
 * @param {string} root
 * @returns {string[]}
 */
export function houseFaults(root) {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const own = filesUnder(root, 'packages/core/src', '.ts').map((file) => basename(file));
  const listed = [...page.matchAll(/^\| `([\w-]+\.ts)` +\|/gm)].map(([, file]) => file);
  return [
    ...own
      .filter((file) => !listed.includes(file))
      .map((file) => `ARCHITECTURE.md does not list packages/core/src/${file}`),
    ...listed
      .filter((file) => !own.includes(file))
      .map((file) => `ARCHITECTURE.md lists ${file}, which is not in packages/core/src`),
  ];
}
