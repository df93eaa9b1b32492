import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Ranges of versions, by package. */
export type Ranges = Readonly<Record<string, string>>;

/** What this package says of itself: where all versions come from that are written anywhere. */
export interface Own {
  readonly version: string;
  /** The versions of Node it runs on. */
  readonly node: string;
  /** What the templates are compiled and tested with: its own development dependencies. */
  readonly ranges: Ranges;
}

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly devDependencies: Ranges;
}

/** Reads this package's own manifest. */
export function own(): Own {
  const home = new URL('../', import.meta.url);
  const { version, engines, devDependencies } = manifestAt(home);
  const installed = (name: string): string =>
    manifestAt(new URL(`node_modules/${name}/`, home)).version;
  return { version, node: engines.node, ranges: caretRanges(devDependencies, installed) };
}

/**
 * Dependencies as ranges that allow compatible updates.
 * @param installed - finds the version of a dependency where only the repository knows it: packing
 * puts versions in place of `workspace:` and `catalog:`.
 */
export function caretRanges(dependencies: Ranges, installed: (name: string) => string): Ranges {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => {
      const known = range.includes(':') ? installed(name) : range;
      return [name, /^\d/.test(known) ? `^${known}` : known];
    }),
  );
}

/**
 * The range of a peer, from what it is tested with: every version up to the next major one. Minor
 * versions of the packages of the bus only add, below 1.0 as well, where `^` would take patches only.
 */
export function upToNextMajor(range: string): string {
  const below1 = /^\^(0\.\d+\.\d+)$/.exec(range)?.[1];
  return below1 === undefined ? range : `>=${below1} <1.0.0`;
}

function manifestAt(folder: URL): Manifest {
  return JSON.parse(readFileSync(fileURLToPath(new URL('package.json', folder)), 'utf8'));
}
