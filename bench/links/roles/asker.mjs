/**
 * Asks once and notes when and how that failed, by a clock that all processes of a machine share.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { request } = await peer.requester(settings);
  const failed = request({ n: 0 }).then(
    () => ({ at: Number(process.hrtime.bigint()), code: 'answered' }),
    ({ code }) => ({ at: Number(process.hrtime.bigint()), code }),
  );
  return { calls: { failed: () => failed } };
}
