// Packages of this repository as they would be published, for checks that use them as others will.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The scope of the packages, with the slash: the kernel's. */
export const scope = manifestOf(join(root, 'packages/core')).name.replace(/core$/, '');

/** The `package.json` of a folder. @param {string} place */
export function manifestOf(place) {
  return JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
}

/** Runs a command and shows what it prints; throws if it fails. */
export function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** The folders of all packages that are published. @returns {string[]} */
export function publicPackages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((place) => existsSync(join(place, 'package.json')) && !manifestOf(place).private);
}

/**
 * The folders of the packages of this repository that a manifest leads to.
 * @returns {Set<string>}
 */
export function neededBy(manifest, found = new Set()) {
  const { dependencies, peerDependencies, devDependencies } = manifest;
  for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })) {
    const place = join(root, 'packages', name.replace(scope, ''));
    if (!name.startsWith(scope) || !existsSync(place) || found.has(place)) continue;
    found.add(place);
    // What a package needs for its own development does not come with it.
    neededBy({ ...manifestOf(place), devDependencies: {} }, found);
  }
  return found;
}

/**
 * Packs packages below a folder, each once. pnpm does it: it applies publishConfig and puts versions
 * in place of `workspace:` and `catalog:`.
 * @param {string} folder
 * @returns {(place: string) => string} from a package's folder to its tarball
 */
export function packer(folder) {
  const tarballs = new Map();
  return (place) => {
    if (!tarballs.has(place)) {
      const packed = join(folder, basename(place));
      mkdirSync(packed, { recursive: true });
      execFileSync(join(root, 'node_modules/.bin/pnpm'), ['pack', '--pack-destination', packed], {
        cwd: place,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      tarballs.set(place, join(packed, readdirSync(packed)[0]));
    }
    return tarballs.get(place);
  };
}
