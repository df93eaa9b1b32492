import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../../lib/ours.mjs';
import { ASK, EVENT } from '../topics.mjs';

const POLL_MS = 5;
const LINK_MS = 10_000;
/** Over a WebSocket nothing is offered nor taken until it is listed. */
const SHARED = { receive: ['bench.**'], send: ['bench.**'] };

/**
 * What links this bus to another.
 *
 * @typedef {object} Settings
 * @property {string} path of the socket to listen on
 * @property {string} [address] to connect to, where somebody else listens
 * @property {'ipc' | 'ws'} [transport]
 * @property {number} [listenPort] for WebSockets; default any
 * @property {unknown} [port] of a thread
 * @property {{ bytes?: number, waitMs?: number }} [batching] over a socket file
 */

/** @param {{ listen: { port: number } } | { connect: string }} place */
async function webSocket(place) {
  const { transportWs } = await load('transport-ws');
  return transportWs(place, SHARED);
}

/**
 * @param {{ listen: string } | { connect: string } | { port: unknown }} place
 * @param {{ batching?: object }} [options]
 */
async function ipc(place, options = {}) {
  const { transportIpc } = await load('transport-ipc');
  return transportIpc(place, options);
}

/** @param {Settings} settings */
function transportOf({ path, address, transport = 'ipc', listenPort = 0, port, batching }) {
  if (port !== undefined) return ipc({ port });
  if (transport === 'ipc')
    return ipc(address === undefined ? { listen: path } : { connect: address }, { batching });
  return webSocket(address === undefined ? { listen: { port: listenPort } } : { connect: address });
}

/**
 * A started bus with the plugins everybody needs.
 *
 * @param {string} id
 * @param {any[]} transports
 */
async function openBus(id, transports) {
  const [{ createBus }, { routerGlob }, { pubsub }, { correlation }] = await Promise.all(
    ['core', 'router-glob', 'pubsub', 'correlation'].map(load),
  );
  const bus = createBus({ id }).use(routerGlob(), pubsub(), correlation(), ...transports);
  await bus.start();
  return bus;
}

/** @param {string} id @param {Settings} settings */
async function openEnd(id, settings) {
  const plugin = await transportOf(settings);
  const bus = await openBus(id, [plugin]);
  return { bus, address: settings.transport === 'ws' ? plugin.transport.address : settings.path };
}

/**
 * Waits until the other end's interest has come.
 *
 * @param {any} bus
 * @param {string} topic
 */
async function reachable(bus, topic, count = 1) {
  const until = performance.now() + LINK_MS;
  const remote = () => bus.endpoints(topic).filter(({ kind }) => kind === 'remote').length;
  while (remote() < count) {
    if (performance.now() > until) throw new Error(`no endpoint for ${topic} within ${LINK_MS} ms`);
    await sleep(POLL_MS);
  }
}

/**
 * @param {Settings & { name?: string, index?: number }} settings
 * @param {(payload: any) => void} handler
 */
export async function subscriber(settings, handler) {
  const { name = 'subscriber', index = 0 } = settings;
  const { bus, address } = await openEnd(`${name}-${index}`, settings);
  bus.subscribe(EVENT, (message) => handler(message.payload));
  return { address };
}

/** @param {Settings & { direct?: boolean }} settings */
export async function publisher(settings) {
  const { bus } = await openEnd('publisher', settings);
  await reachable(bus, EVENT);
  if (settings.direct) return { publish: bus.publisher(EVENT) };
  return { publish: (payload) => bus.publish(EVENT, payload) };
}

/** @param {Settings} settings @param {(payload: any) => unknown} handler */
export async function responder(settings, handler) {
  const { bus, address } = await openEnd('responder', settings);
  bus.handle(ASK, (message) => handler(message.payload));
  return { address };
}

/** @param {Settings} settings */
export async function requester(settings) {
  const { bus } = await openEnd('requester', settings);
  await reachable(bus, ASK);
  return { request: (payload) => bus.request(ASK, payload) };
}

/** @param {{ path: string, webSockets?: boolean }} settings */
export async function hub({ path, webSockets = false }) {
  const local = await ipc({ listen: path });
  const open = webSockets ? await webSocket({ listen: { port: 0 } }) : undefined;
  const bus = await openBus('hub', open === undefined ? [local] : [local, open]);
  return {
    address: open === undefined ? path : open.transport.address,
    publishers: { peer: 'bus', address: path },
    reachable: (count) => reachable(bus, EVENT, count),
  };
}

/** @param {Settings} settings */
export async function beacon(settings) {
  const { bus } = await openEnd('hub', settings);
  return { publish: (payload) => bus.publish(EVENT, payload) };
}

/**
 * An end whose books can be read.
 *
 * @param {Settings} settings
 * @param {((payload: any) => void) | undefined} handler of the end that takes
 */
export async function counted(settings, handler) {
  const { bus, address } = await openEnd(handler === undefined ? 'sender' : 'taker', settings);
  if (handler === undefined) await reachable(bus, EVENT);
  else bus.subscribe(EVENT, (message) => handler(message.payload));
  return {
    address,
    publish: (payload) => bus.publish(EVENT, payload),
    books: () => bus.inspect().outcomes,
  };
}

/** @param {Settings} settings */
export async function paced(settings) {
  const { bus, address } = await openEnd('hub', settings);
  return {
    address,
    publish: (payload) => bus.publish(EVENT, payload),
    reachable: (count) => reachable(bus, EVENT, count),
  };
}

/** @param {Settings} settings @param {(payload: any) => void} handler */
export async function listener(settings, handler) {
  const { path, listenPort, transport } = settings;
  const address = transport === 'ws' ? `ws://127.0.0.1:${listenPort}` : path;
  await subscriber({ ...settings, address }, handler);
}
