import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { link, write } from './files.mjs';

/**
 * @typedef {object} Package
 * @property {string} name   as it is published
 * @property {string} folder relative to the repository
 * @property {string} own    where it is
 * @property {string[]} dependencies on packages of others
 * @property {string[]} triedWith packages of others that only its tests and examples need
 */

/**
 * The packages of the repository, and what of its tooling they bundle.
 * @param {string} root
 * @returns {Package[]}
 */
export function packagesOf(root) {
  const folders = ['packages', 'tooling'].flatMap((above) =>
    readdirSync(join(root, above)).map((name) => `${above}/${name}`),
  );
  return folders.flatMap((folder) => {
    const own = join(root, folder);
    if (!existsSync(join(own, 'src/index.ts'))) return [];
    const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
    const ofOthers = (versions = {}) =>
      Object.keys(versions).filter((name) => !versions[name].startsWith('workspace:'));
    return {
      name: manifest.name,
      folder,
      own,
      dependencies: ofOthers(manifest.dependencies),
      triedWith: ofOthers(manifest.devDependencies),
    };
  });
}

/**
 * Lets modules of a folder find the sources of the packages, and what those are tried with.
 * @param {string} place
 * @param {Package[]} packages
 */
export function installSources(place, packages) {
  write(join(place, 'package.json'), '{ "type": "module" }\n');
  for (const { name, own } of packages) link(own, join(place, 'node_modules', name));
  linkOthers(place, packages);
}

/**
 * Lets compiled modules find the compiled packages, and those what they depend on.
 * @param {string} out what stands below the repository, compiled
 * @param {Package[]} packages
 */
export function installCompiled(out, packages) {
  write(join(out, 'package.json'), '{ "type": "module" }\n');
  for (const { name, folder, own, dependencies } of packages) {
    const compiled = join(out, folder);
    if (!existsSync(compiled)) continue;
    const manifest = { name, type: 'module', exports: './src/index.js' };
    write(join(compiled, 'package.json'), JSON.stringify(manifest));
    link(compiled, join(out, 'node_modules', name));
    for (const dependency of dependencies) {
      link(join(own, 'node_modules', dependency), join(compiled, 'node_modules', dependency));
    }
  }
  linkOthers(out, packages);
}

function linkOthers(place, packages) {
  for (const { own, triedWith } of packages) {
    for (const name of triedWith) {
      const path = join(place, 'node_modules', name);
      if (!existsSync(path)) link(join(own, 'node_modules', name), path);
    }
  }
}
