/** @param {any} peer @param {{ path: string }} settings */
export async function open(peer, settings) {
  return { address: settings.path, calls: await peer.observer(settings) };
}
