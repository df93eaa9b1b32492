/**
 * Keeps a book of what it handles: which, how often, in which order of each key.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const handled = new Set();
  /** @type {Map<number, number>} */
  const last = new Map();
  let again = 0;
  let disordered = 0;
  const { report } = await peer.keeper(settings, ({ n, key }) => {
    if (handled.has(n)) again++;
    else if (n < (last.get(key) ?? -1)) disordered++;
    handled.add(n);
    last.set(key, n);
  });
  const book = () => ({ unique: handled.size, again, disordered, ...report() });
  return { calls: { book } };
}
