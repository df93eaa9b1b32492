import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../../lib/ours.mjs';
import { EVENT } from '../topics.mjs';

const POLL_MS = 5;
const reliably = /** @type {const} */ ({ delivery: 'reliable' });

/** Sent again soon and often, and for as long as a process may take to start on a busy machine. */
const PATIENT = { redeliverMs: 35_000, backoff: { baseMs: 20, maxMs: 500 } };

/** Links that are cut on purpose are no news. */
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * @param {string} id
 * @param {{ path: string, address?: string }} settings
 * @param {object} [options]
 */
async function openBus(id, { path, address }, options) {
  const [{ createBus }, { routerGlob }, { pubsub }, { reliable }, { transportIpc }] =
    await Promise.all(['core', 'router-glob', 'pubsub', 'reliable', 'transport-ipc'].map(load));
  const place = address === undefined ? { listen: path } : { connect: address };
  const bus = createBus({ id, log: quiet }).use(
    routerGlob(),
    pubsub(),
    reliable(options),
    transportIpc(place),
  );
  await bus.start();
  return bus;
}

/**
 * Acknowledges what it handles, where its publisher asks for it.
 *
 * @param {{ path: string, acknowledges: boolean }} settings
 * @param {(payload: any) => void} handler
 */
export async function subscriber(settings, handler) {
  const bus = await openBus('subscriber', settings);
  bus.subscribe(
    EVENT,
    (message) => handler(message.payload),
    settings.acknowledges ? reliably : undefined,
  );
  return { address: settings.path };
}

/**
 * Publishes with a window: whoever awaits what `publish` returns waits for the message that was sent
 * a window before.
 *
 * @param {{ path: string, address: string, acknowledges: boolean, window?: number }} settings
 */
export async function publisher(settings) {
  const bus = await openBus('publisher', settings);
  while (bus.endpoints(EVENT).length === 0) await sleep(POLL_MS);
  if (!settings.acknowledges) return { publish: (payload) => bus.publish(EVENT, payload) };
  const { window: width = 1024 } = settings;
  const window = Array.from({ length: width }, () => Promise.resolve(1));
  let n = 0;
  const publish = (payload) => {
    const at = n++ % width;
    const before = window[at];
    window[at] = bus.publish(EVENT, payload, reliably);
    return before;
  };
  return { publish };
}

/** @param {{ path: string }} settings */
export async function hub(settings) {
  await openBus('hub', settings, PATIENT);
  return { address: settings.path };
}

/**
 * Tells apart what it handles by key.
 *
 * @param {{ path: string, address: string }} settings
 * @param {(payload: any) => void} handler
 */
export async function keeper(settings, handler) {
  const bus = await openBus('keeper', settings, PATIENT);
  bus.subscribe('bench.*', ({ payload }) => handler(payload), { ...reliably, concurrency: 16 });
  return { report: () => bus.inspect().plugins['@bus/reliable'] };
}

/** @param {{ path: string, address: string }} settings */
export async function sender(settings) {
  const bus = await openBus('sender', settings, PATIENT);
  while (bus.endpoints('bench.*').length === 0) await sleep(POLL_MS);
  return {
    publish: (payload) => bus.publish(EVENT, payload, { ...reliably, key: String(payload.key) }),
    report: () => bus.inspect().plugins['@bus/reliable'],
  };
}
