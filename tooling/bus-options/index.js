import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * By option, the package that brings it. A package lists in its manifest, under `bus.options`, the options
 * it adds to verbs that are not its own, each with those verbs: `"delivery": "publish, subscribe"`. Where
 * it adds just a value of an option, that is `"overflow:latest"`.
 * @param {string} folder of packages
 * @returns {Record<string, string>} in the order of the options' names
 */
export function optionPackages(folder) {
  const found = new Map();
  for (const name of readdirSync(folder)) {
    const path = join(folder, name, 'package.json');
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    for (const [option, verbs] of Object.entries(manifest.bus?.options ?? {})) {
      if (typeof verbs !== 'string' || verbs === '') {
        throw new Error(`${path} does not say what '${option}' is an option of`);
      }
      if (found.has(option)) {
        throw new Error(
          `${found.get(option)} and ${manifest.name} both bring the option '${option}'`,
        );
      }
      found.set(option, manifest.name);
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** What builds and tests define, as esbuild and Vite take it. */
export const busOptions = Object.freeze({
  __BUS_OPTIONS__: JSON.stringify(optionPackages(packages)),
});
