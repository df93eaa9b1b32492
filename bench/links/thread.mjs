// The subscriber's end in a worker thread.
import { parentPort, workerData } from 'node:worker_threads';
import { open } from './roles/subscriber.mjs';

const { settings, control } = workerData;
const peer = await import(`./peers/${settings.peer}.mjs`);
const { calls } = await open(peer, { ...settings, port: parentPort });

control.on('message', async ({ call, argument }) => {
  try {
    control.postMessage({ result: await calls[call](argument) });
  } catch (error) {
    control.postMessage({ error: String(error?.message ?? error) });
  }
});
control.postMessage('ready');
