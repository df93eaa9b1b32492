import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesUnder } from './files.mjs';

/** Packages whose folders a section of the page names, and the heading of that section. */
const listings = { core: '### Core by folder', wire: '### Wire by folder' };
/** The heading of the reading order, whose files are of the kernel. */
const reading = '## The bus in 400 lines';
/** How far a count of lines may be from the truth before it has to be corrected. */
const slack = 0.1;

/**
 * Folders and files of the packages above that ARCHITECTURE.md does not name, names there that are none,
 * and parts of its reading order that are not there or not as long as it says.
 * @param {string} root
 * @returns {string[]}
 */
export function houseFaults(root) {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  return [
    ...Object.entries(listings).flatMap(([name, heading]) =>
      listingFaults(root, `packages/${name}/src`, sectionOf(page, heading)),
    ),
    ...readingFaults(root, sectionOf(page, reading)),
  ];
}

/** The text below a heading, as far as the next one. @param {string} page @param {string} heading */
function sectionOf(page, heading) {
  const [, below = ''] = page.split(`\n${heading}\n`);
  return below.split(/\n#{2,3} /)[0] ?? '';
}

/** Every entry of the folder has to be named, and what is named has to be somewhere below it. */
function listingFaults(root, folder, section) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  const named = [...section.matchAll(/`([\w-]+(?:\/|\.ts))`/g)].map(([, name]) => name);
  const files = filesUnder(root, folder, '.ts');
  const isThere = (name) =>
    entries.includes(name) || files.some((file) => file.endsWith(`/${name}`));
  return [
    ...entries
      .filter((entry) => !named.includes(entry))
      .map((entry) => `ARCHITECTURE.md does not name ${folder}/${entry}`),
    ...named
      .filter((name) => !isThere(name))
      .map((name) => `ARCHITECTURE.md names ${name}, which is not in ${folder}`),
  ];
}

/** Rows such as `` | `publish.ts` | `send`, `#send` | 48 | ``. */
function readingFaults(root, section) {
  const rows = [...section.matchAll(/^\| `([\w/-]+\.ts)`[^|]*\|([^|]+)\| +(\d+) +\|$/gm)];
  if (rows.length === 0) return [`ARCHITECTURE.md has no reading order below '${reading}'`];
  return rows.flatMap(([, file, functions, stated]) => {
    const path = join(root, 'packages/core/src', file);
    if (!existsSync(path)) return [`ARCHITECTURE.md names ${file}, which is not in the kernel`];
    const lengths = lengthsOf(path);
    const names = [...functions.matchAll(/`([#\w]+)`/g)].map(([, name]) => name);
    const missing = names.filter((name) => !lengths.has(name));
    const lines = names.reduce((sum, name) => sum + (lengths.get(name) ?? 0), 0);
    const isTrue = Math.abs(lines - Number(stated)) <= slack * lines;
    return [
      ...missing.map((name) => `ARCHITECTURE.md names ${name}, which is not in ${file}`),
      ...(isTrue || missing.length > 0
        ? []
        : [`ARCHITECTURE.md says ${stated} lines of ${file}, which has ${lines}`]),
    ];
  });
}

/** By name, how many lines each function and member of a class has, with its comment. */
function lengthsOf(path) {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.ESNext,
    true,
  );
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line;
  const nodes = source.statements.flatMap((statement) =>
    ts.isClassDeclaration(statement) ? [...statement.members] : [statement],
  );
  return new Map(
    nodes
      .filter((node) => node.name !== undefined)
      .map((node) => [
        node.name.getText(source),
        1 + lineAt(node.end) - lineAt(node.getStart(source, true)),
      ]),
  );
}
