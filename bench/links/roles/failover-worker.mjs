/** @param {any} peer @param {{ id: string, path: string }} settings */
export async function open(peer, settings) {
  await peer.worker(settings);
  return { address: undefined, calls: {} };
}
