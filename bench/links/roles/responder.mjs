/**
 * Answers each request with one more than was asked, and with the text of it or a longer one.
 *
 * @param {any} peer
 * @param {{ replyBytes?: number }} settings
 */
export async function open(peer, settings) {
  const long = settings.replyBytes && 'x'.repeat(settings.replyBytes);
  const answer = async ({ n, text }) => ({ n: n + 1, text: long ?? text });
  const { address } = await peer.responder(settings, answer);
  return { address, calls: {} };
}
