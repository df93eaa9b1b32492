import { median } from '../lib/measure.mjs';
import { withEnds } from './ends.mjs';

const REPETITIONS = 11;
const QUICK_REPETITIONS = 5;

/**
 * Kills a process that owes a reply: milliseconds from the signal until the request has failed.
 *
 * @param {{ [option: string]: unknown }} [options]
 */
export function lost(options = {}) {
  return async ({ quick }) => {
    const took = [];
    for (let i = 0; i < (quick ? QUICK_REPETITIONS : REPETITIONS); i++) {
      took.push(
        await withEnds({}, ({ path, start }) => once({ ...options, peer: 'bus', path }, start)),
      );
    }
    return { median: median(took) / 1e6, worst: Math.max(...took) / 1e6 };
  };
}

/** @param {{ path: string }} settings @param {import('./ends.mjs').Stage['start']} start */
async function once(settings, start) {
  const keeper = await start('keeper', settings);
  const asker = await start('asker', { ...settings, address: keeper.address });
  const killedAt = Number(process.hrtime.bigint());
  await keeper.kill();
  const { at, code } = await asker.call('failed');
  if (code !== 'CORRELATION_PEER_GONE') throw new Error(`the request ended with ${code}`);
  return at - killedAt;
}
