// Checks that the documentation is true: its TypeScript compiles against the packages and prints what
// the page says, the pieces of examples are the examples, every error code is documented and tested,
// links lead somewhere, and ARCHITECTURE.md lists the kernel's files.
//
// In a page:
//   ```ts                   is compiled, as a module of its own; strict
//   ```ts run               is also run; a ```text block that follows is what it must print
//   ```ts ignore            is left alone; for code that is no whole
//   <!-- prelude: … -->     before a block: code the reader does not see
//   <!-- from: a/file -->   before a block: a piece of that file; a page shows all of it, in order
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodeFaults } from '../tooling/doc-snippets/error-codes.mjs';
import { filesUnder } from '../tooling/doc-snippets/files.mjs';
import { houseFaults } from '../tooling/doc-snippets/house.mjs';
import { linkFaults } from '../tooling/doc-snippets/links.mjs';
import { blocksOf } from '../tooling/doc-snippets/markdown.mjs';
import { pieceFaults, snippetFaults } from '../tooling/doc-snippets/snippets.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pages = filesUnder(root, '.', '.md');
const compiledPages = pages.filter((page) =>
  /^(README|docs\/.*|packages\/[^/]+\/README)\.md$/.test(page),
);
const blocks = compiledPages.flatMap((page) => blocksOf(root, page));
const examples = ['examples/plugin', 'examples/custom-transport'].filter((folder) =>
  existsSync(join(root, folder)),
);

const snippets = snippetFaults(root, blocks, examples);
const checks = [
  ['code', snippets.faults],
  ['pieces of examples', pieceFaults(root, blocks)],
  ['error codes', errorCodeFaults(root)],
  ['links', linkFaults(root, pages)],
  ['ARCHITECTURE.md', houseFaults(root)],
];
let count = 0;
for (const [what, faults] of checks) {
  for (const fault of faults) console.error(`${what}: ${fault}`);
  count += faults.length;
}
console.log(
  `${pages.length} pages, ${snippets.compiled} snippets compiled, ${snippets.ran} run: ${count === 0 ? 'all is well' : `${count} faults`}`,
);
process.exitCode = count === 0 ? 0 : 1;
