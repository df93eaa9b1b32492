import { load } from './ours.mjs';

/**
 * A set of patterns that answers which of them match a topic.
 *
 * @typedef {object} Entry
 * @property {string} pattern
 * @property {number} sequence
 *
 * @typedef {object} Index
 * @property {(entry: Entry) => void} add
 * @property {(entry: Entry) => void} remove
 * @property {(topic: string) => unknown[]} match
 *
 * @typedef {() => Promise<Index>} OpenIndex
 */

/** @param {string[]} patterns @returns {Entry[]} */
export function entriesOf(patterns) {
  return patterns.map((pattern, sequence) => ({ pattern, sequence }));
}

/** @param {object} [options] @returns {Promise<Index>} */
async function openQlobber(options) {
  const { Qlobber } = (await import('qlobber')).default;
  const index = new Qlobber({
    separator: '.',
    wildcard_one: '*',
    wildcard_some: '**',
    ...options,
  });
  return {
    add: (entry) => index.add(entry.pattern, entry),
    remove: (entry) => index.remove(entry.pattern, entry),
    match: (topic) => index.match(topic),
  };
}

export const qlobber = () => openQlobber();
export const qlobberCachedSplits = () => openQlobber({ cache_splits: 4096 });

/** Asks a bus which matcher it takes for a pattern; undefined where the kernel matches it itself. */
async function openClaims() {
  const [{ createBus, definePlugin }, { routerGlob }] = await Promise.all(
    ['core', 'router-glob'].map(load),
  );
  let host;
  const peek = definePlugin({
    name: 'bench-peek',
    setup(given) {
      host = given;
      return undefined;
    },
  });
  const bus = createBus({ id: 'bench' }).use(routerGlob(), peek);
  await bus.start();
  return (pattern) => {
    const endpoint = host.addEndpoint({ pattern, kinds: ['event'], handler: () => undefined });
    endpoint.stop();
    return endpoint.matcher;
  };
}

/**
 * What the bus asks when it sees a topic for the first time: the kernel's Map of exact patterns and
 * the matcher of router-glob, without the cache of topics in front.
 *
 * @returns {Promise<Index>}
 */
export async function ours() {
  const claim = await openClaims();
  const globs = claim('a.*');
  const takesExact = claim('a.b') !== undefined;
  /** @type {Map<string, Entry>} */
  const exact = new Map();
  const isExact = ({ pattern }) => !takesExact && !/[*?[\]{}()!\\]/.test(pattern);
  return {
    add(entry) {
      if (isExact(entry)) exact.set(entry.pattern, entry);
      else globs.add(entry);
    },
    remove(entry) {
      if (isExact(entry)) exact.delete(entry.pattern);
      else globs.remove(entry);
    },
    match(topic) {
      const found = [];
      const equal = exact.get(topic);
      if (equal !== undefined) found.push(equal);
      globs.match(topic, found);
      return found;
    },
  };
}
