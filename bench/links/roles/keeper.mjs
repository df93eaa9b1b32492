/**
 * Answers nothing that it is asked.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { address } = await peer.responder(settings, () => new Promise(() => undefined));
  return { address, calls: {} };
}
