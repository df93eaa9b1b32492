import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { open as openPublisher } from './publisher.mjs';

const THREAD = new URL('../thread.mjs', import.meta.url);

/**
 * A publisher here, its subscriber in a thread of this process.
 *
 * @param {any} peer
 * @param {{ peer: string, bytes: number }} settings
 */
export async function open(peer, settings) {
  // What is measured goes through the thread's own port, the questions about it through another.
  const { port1: own, port2: control } = new MessageChannel();
  const worker = new Worker(THREAD, { workerData: { settings, control }, transferList: [control] });
  const ready = once(own, 'message');
  const { calls } = await openPublisher(peer, { ...settings, port: worker });
  await ready;

  const ask = async (call, argument) => {
    own.postMessage({ call, argument });
    const [{ result, error }] = await once(own, 'message');
    if (error !== undefined) throw new Error(error);
    return result;
  };
  return {
    calls: {
      ...calls,
      restart: () => ask('restart'),
      measured: () => ask('measured'),
      complete: (total) => ask('complete', total),
    },
  };
}
