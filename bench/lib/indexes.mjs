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
 */

/** @param {string[]} patterns @returns {Entry[]} */
export function entriesOf(patterns) {
  return patterns.map((pattern, sequence) => ({ pattern, sequence }));
}

/** @returns {Promise<Index>} */
export async function qlobber() {
  const { Qlobber } = (await import('qlobber')).default;
  const index = new Qlobber({
    separator: '.',
    wildcard_one: '*',
    wildcard_some: '**',
  });
  return {
    add: (entry) => index.add(entry.pattern, entry),
    remove: (entry) => index.remove(entry.pattern, entry),
    match: (topic) => index.match(topic),
  };
}
