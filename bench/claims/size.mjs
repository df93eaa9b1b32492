import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { aim, atMost, must } from '../lib/goals.mjs';
import { OURS, packageUrl } from '../lib/ours.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const CORE = '@bus/core';
const NOT_FOR_PAGES = ['create-bus-plugin', 'transport-ipc'];
/** What a program in a page needs, with the packages these need. */
const USUAL = ['core', 'pubsub', 'router-glob', 'correlation'];
const BUNDLE = 'core, pubsub, router-glob, correlation in one';

/** @param {string[]} specifiers */
function everythingOf(specifiers) {
  const imports = specifiers.map((from, i) => `import * as p${i} from ${JSON.stringify(from)};`);
  return `${imports.join('\n')} globalThis.all = [${specifiers.map((_, i) => `p${i}`)}];`;
}

/**
 * Everything packages export, in one minified file.
 *
 * @param {string[]} specifiers
 * @param {string[]} external what is left out
 */
function compressed(specifiers, external = []) {
  return async () => {
    const { outputFiles } = await build({
      stdin: { contents: everythingOf(specifiers), resolveDir: BENCH },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      external: [...external, 'node:*', 'ws'],
      write: false,
      logLevel: 'silent',
    });
    return brotliCompressSync(outputFiles[0].contents).length / 1000;
  };
}

const packages = readdirSync(new URL('../../packages', import.meta.url))
  .filter((name) => !NOT_FOR_PAGES.includes(name) && existsSync(new URL(packageUrl(name))))
  .map((name) => [`@bus/${name}`, compressed([fileURLToPath(packageUrl(name))], ['@bus/*'])]);

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
        mitt: compressed(['mitt']),
        eventemitter3: compressed(['eventemitter3']),
        eventemitter2: compressed(['eventemitter2']),
        rxjs: compressed(['rxjs']),
        ...Object.fromEntries(packages),
        [BUNDLE]: compressed(USUAL.map((name) => fileURLToPath(packageUrl(name)))),
      },
      goals: [
        must(atMost(10, 'kB', CORE)),
        must(atMost(28, 'kB', BUNDLE)),
        aim(atMost(24, 'kB', BUNDLE)),
      ],
      rounds: 1,
      notes: [`each ${OURS} package without those of ${OURS} that it needs`],
    },
  ],
};
