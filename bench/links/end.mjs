// One end of a link, a process of its own: does what the conductor calls, and answers.
import { ownCpu } from './usage.mjs';

const [role, settingsJson] = process.argv.slice(2);
const settings = JSON.parse(settingsJson);

process.on('disconnect', () => process.exit(0));

async function open() {
  const { open: openRole } = await import(`./roles/${role}.mjs`);
  const peer = await import(`./peers/${settings.peer}.mjs`);
  return openRole(peer, settings);
}

/** @param {unknown} error */
const textOf = (error) => String(/** @type {Error} */ (error)?.message ?? error);

/** @param {Record<string, (argument: any) => unknown>} calls */
function answerCalls(calls) {
  process.on('message', async (/** @type {any} */ { id, call, argument }) => {
    try {
      process.send?.({ id, result: await calls[call](argument) });
    } catch (error) {
      process.send?.({ id, error: textOf(error) });
    }
  });
}

open().then(
  ({ address, calls }) => {
    answerCalls({ cpu: ownCpu, ...calls });
    process.send?.({ ready: { address } });
  },
  (error) => process.send?.({ failed: textOf(error) }),
);
