/**
 * Passes on what others send.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { address, publishers, reachable } = await peer.hub(settings);
  return { address, calls: { publishers: () => publishers, reachable } };
}
