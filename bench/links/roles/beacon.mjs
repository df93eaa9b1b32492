const EVERY_MS = 2;

/**
 * Publishes all the time, for whoever listens.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { publish } = await peer.beacon(settings);
  const listensAt = Number(process.hrtime.bigint());
  let n = 0;
  setInterval(() => publish({ n: n++ }), EVERY_MS);
  return { address: String(listensAt), calls: {} };
}
