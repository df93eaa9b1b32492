import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { aim, atMost, must } from '../lib/goals.mjs';
import { OURS, packageUrl } from '../lib/ours.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const CORE = '@bus/core';

/** @param {string} specifier */
function everythingOf(specifier) {
  return `import * as all from ${JSON.stringify(specifier)}; globalThis.all = all;`;
}

/** Everything a package exports, in one minified file; each package without those it stands on. */
function compressed(specifier) {
  return async () => {
    const { outputFiles } = await build({
      stdin: { contents: everythingOf(specifier), resolveDir: BENCH },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      external: ['@bus/*'],
      write: false,
      logLevel: 'silent',
    });
    return brotliCompressSync(outputFiles[0].contents).length / 1000;
  };
}

const packages = readdirSync(new URL('../../packages', import.meta.url))
  .filter((name) => existsSync(new URL(packageUrl(name))))
  .map((name) => [`@bus/${name}`, compressed(fileURLToPath(packageUrl(name)))]);

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'size',
  group: 'kernel',
  title: 'Size of core',
  tables: [
    {
      title: 'all exports bundled, minified and compressed with brotli, for a browser',
      unit: 'kB',
      contenders: {
        mitt: compressed('mitt'),
        eventemitter3: compressed('eventemitter3'),
        emittery: compressed('emittery'),
        eventemitter2: compressed('eventemitter2'),
        rxjs: compressed('rxjs'),
        postal: compressed('postal'),
        ...Object.fromEntries(packages),
      },
      goals: [must(atMost(6.5, 'kB', CORE)), aim(atMost(5, 'kB', CORE))],
      rounds: 1,
      notes: [`${OURS} packages are counted without the packages of ${OURS} they need`],
    },
  ],
};
