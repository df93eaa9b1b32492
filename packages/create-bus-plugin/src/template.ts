import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkIdentifiers } from './identifiers.ts';
import type { Kind } from './kinds.ts';
import type { Names } from './names.ts';
import { renamed } from './stand-in.ts';

/** Text by path, relative to the package, with `/` on every platform. */
export type Files = ReadonlyMap<string, string>;

const templates = new URL('../templates/', import.meta.url);

/**
 * The files of a new package, but its `package.json` and its first changeset.
 * @throws Refusal where no code can be made with the name.
 */
export function filesOf(kind: Kind, names: Names): Files {
  const own = readTemplate(kind);
  const sources = [...own].filter(([path]) => path.endsWith('.ts')).map(([, text]) => text);
  checkIdentifiers(kind, names, sources);
  return new Map(
    [...readTemplate('shared'), ...own].map(([path, text]) => [path, renamed(text, names)]),
  );
}

function readTemplate(folder: string): Files {
  const files = new Map<string, string>();
  const read = (at: URL, path: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const written = path + dotted(entry.name);
      if (entry.isDirectory()) read(new URL(`${entry.name}/`, at), `${written}/`);
      else files.set(written, readFileSync(fileURLToPath(new URL(entry.name, at)), 'utf8'));
    }
  };
  read(new URL(`${folder}/`, templates), '');
  return files;
}

/** Packing leaves out `.gitignore`, and tools take other dotted names for their own: `_` stands for the dot. */
function dotted(name: string): string {
  return name.replace(/^_/, '.');
}
