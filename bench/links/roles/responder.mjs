/**
 * Answers each request with one more than was asked.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { address } = await peer.responder(settings, async ({ n, text }) => ({ n: n + 1, text }));
  return { address, calls: {} };
}
