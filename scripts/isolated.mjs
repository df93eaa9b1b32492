// Installs built packages as pnpm does: each finds what its manifest names, and a program what it has
// asked for itself. No registry is needed.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestOf, neededBy, scope } from './packed.mjs';

/**
 * @param {string} at the folder of the program
 * @param {string[]} places the packages that it asks for, in the repository
 */
export function installIsolated(at, places) {
  const asked = Object.fromEntries(places.map((place) => [manifestOf(place).name, '*']));
  for (const place of neededBy({ dependencies: asked })) install(at, place);
  for (const name of Object.keys(asked)) link(storeOf(at, name), join(at, 'node_modules'), name);
}

/** The folder of a package and of those that it finds. */
const storeOf = (at, name) =>
  join(at, 'node_modules/.pnpm', name.replace('/', '+'), 'node_modules');

function install(at, place) {
  const { publishConfig, ...manifest } = manifestOf(place);
  const { name, dependencies, peerDependencies } = manifest;
  const store = storeOf(at, name);
  cpSync(join(place, 'dist'), join(store, name, 'dist'), { recursive: true });
  writeFileSync(
    join(store, name, 'package.json'),
    JSON.stringify({ ...manifest, ...publishConfig }),
  );
  for (const other of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (other.startsWith(scope)) link(storeOf(at, other), store, other);
  }
}

function link(store, folder, name) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  symlinkSync(join(store, name), join(folder, name));
}
