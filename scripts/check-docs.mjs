// Checks that the documentation is true: its code compiles against the packages and prints what the page
// says, the pieces of examples are the examples, commands name scripts that are there, every error code is
// documented and tested, links lead somewhere, docs/README.md names every page, and ARCHITECTURE.md lists the
// kernel's files.
//
// In a page:
//   ```ts                   is compiled, as a module of its own; strict
//   ```ts run, ```js run    is also run; a ```text block that follows is what it must print
//   ```ts ignore            is left alone; for code that is no whole
//   ```js, ```html, ```json must parse
//   ```sh                   what it asks of pnpm, and of npm for our packages, must be there
//   <!-- prelude: … -->     before a block: code the reader does not see
//   <!-- from: a/file -->   before a block: a piece of that file; a page shows all of it, in order
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referenceFolder, sitePathOf } from '../docs/.vitepress/pages.mjs';
import { pagesNotIndexed } from '../docs/.vitepress/sidebar.mjs';
import { commandFaults } from '../tooling/doc-snippets/commands.mjs';
import { errorCodeFaults } from '../tooling/doc-snippets/error-codes.mjs';
import { filesUnder } from '../tooling/doc-snippets/files.mjs';
import { houseFaults } from '../tooling/doc-snippets/house.mjs';
import { linkFaults } from '../tooling/doc-snippets/links.mjs';
import { blocksOf } from '../tooling/doc-snippets/markdown.mjs';
import { pieceFaults } from '../tooling/doc-snippets/pieces.mjs';
import { snippetFaults } from '../tooling/doc-snippets/snippets.mjs';
import { syntaxFaults } from '../tooling/doc-snippets/syntax.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pages = filesUnder(root, '.', '.md').filter(
  (page) => !page.startsWith(`${referenceFolder}/`),
);
const shown = pages.filter((page) => sitePathOf(page) !== undefined);
const blocks = shown.flatMap((page) => blocksOf(root, page));
const examples = readdirSync(join(root, 'examples'))
  .map((name) => `examples/${name}`)
  .filter((folder) => existsSync(join(root, folder, 'package.json')));

const snippets = snippetFaults(root, blocks, examples);
const checks = [
  ['code', snippets.faults],
  ['code', syntaxFaults(blocks)],
  ['pieces of examples', pieceFaults(root, blocks)],
  ['commands', commandFaults(root, shown, blocks)],
  ['error codes', errorCodeFaults(root)],
  ['links', linkFaults(root, pages)],
  ['pages', pagesNotIndexed().map((page) => `docs/README.md does not name ${page}`)],
  ['ARCHITECTURE.md', houseFaults(root)],
];
let count = 0;
for (const [what, faults] of checks) {
  for (const fault of faults) console.error(`${what}: ${fault}`);
  count += faults.length;
}
console.log(
  `${pages.length} pages, ${snippets.compiled} snippets compiled, ${snippets.ran} run, ${snippets.ignored} left alone: ${count === 0 ? 'all is well' : `${count} faults`}`,
);
process.exitCode = count === 0 ? 0 : 1;
