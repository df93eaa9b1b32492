import { EventEmitter, setMaxListeners } from 'node:events';
import { load, openBus } from './ours.mjs';

/**
 * One way to call an async handler and await its reply.
 *
 * @typedef {object} Caller
 * @property {() => Promise<unknown>} call
 * @property {() => number} answered how many calls the handler has had
 * @property {() => unknown} [stop]
 *
 * @typedef {() => Caller | Promise<Caller>} OpenCaller
 */

const TOPIC = 'orders.get';
const TIMEOUT_MS = 5000;
const request = { n: 1 };

let answers = 0;
const answered = () => answers;

/** @param {{ n: number }} input */
async function answer(input) {
  answers++;
  return input.n + 1;
}

/** The physical limit: a Map look-up and an async function, awaited. */
export function limit() {
  const handlers = new Map([[TOPIC, answer]]);
  return { answered, call: () => handlers.get(TOPIC)?.(request) };
}

/**
 * What people write themselves: a Map of what is pending, by id.
 *
 * @param {(id: number, fail: (error: Error) => void) => (() => void)} guard called for each request;
 *   what it returns is called when the reply is there
 */
function correlating(guard) {
  const emitter = new EventEmitter();
  /** @type {Map<number, { resolve: (reply: unknown) => void, release: () => void }>} */
  const pending = new Map();
  emitter.on(TOPIC, async (id, input) => emitter.emit('reply', id, await answer(input)));
  emitter.on('reply', (id, reply) => {
    const waiting = pending.get(id);
    if (waiting === undefined) return;
    pending.delete(id);
    waiting.release();
    waiting.resolve(reply);
  });
  let lastId = 0;
  const call = () =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      const release = guard(id, (error) => {
        pending.delete(id);
        reject(error);
      });
      pending.set(id, { resolve, release });
      emitter.emit(TOPIC, id, request);
    });
  return { answered, call };
}

const nothing = () => {};

export function nodeEvents() {
  return correlating(() => nothing);
}

/** @param {(error: Error) => void} fail */
function expiring(fail) {
  return setTimeout(() => fail(new Error('timeout')), TIMEOUT_MS);
}

export function nodeEventsTimeout() {
  return correlating((_, fail) => {
    const timer = expiring(fail);
    return () => clearTimeout(timer);
  });
}

export function nodeEventsSignal() {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return correlating((_, fail) => {
    const timer = expiring(fail);
    const cancel = () => fail(new Error('cancelled'));
    signal.addEventListener('abort', cancel);
    return () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    };
  });
}

export async function eventemitter2() {
  const { default: EventEmitter2 } = await import('eventemitter2');
  const emitter = new EventEmitter2();
  emitter.on(TOPIC, answer);
  return { answered, call: () => emitter.emitAsync(TOPIC, request) };
}

export async function rxjs() {
  const { firstValueFrom, Subject } = await import('rxjs');
  /** @type {import('rxjs').Subject<{ input: { n: number }, replies: import('rxjs').Subject<number> }>} */
  const requests = new Subject();
  requests.subscribe(async ({ input, replies }) => replies.next(await answer(input)));
  const call = () => {
    const replies = new Subject();
    const reply = firstValueFrom(replies);
    requests.next({ input: request, replies });
    return reply;
  };
  return { answered, call };
}

/** @param {object} [callOptions] */
async function openMoleculer(callOptions) {
  const { ServiceBroker } = (await import('moleculer')).default;
  const broker = new ServiceBroker({ logger: false, metrics: false, validator: false });
  broker.createService({ name: 'orders', actions: { get: (ctx) => answer(ctx.params) } });
  await broker.start();
  const call = () => broker.call(TOPIC, request, callOptions);
  return { answered, call, stop: () => broker.stop() };
}

export const moleculer = () => openMoleculer();
export const moleculerTimeout = () => openMoleculer({ timeout: TIMEOUT_MS });

/** @param {object} options */
async function openOurs(options, settings) {
  const bus = await openBus({ taps: false, ...settings });
  bus.handle(TOPIC, (message) => answer(message.payload));
  return { answered, call: () => bus.request(TOPIC, request, options), stop: () => bus.stop() };
}

export const ours = () => openOurs({ timeoutMs: TIMEOUT_MS });
export const oursSignal = () =>
  openOurs({ timeoutMs: TIMEOUT_MS, signal: new AbortController().signal });
export const oursTapped = () => openOurs({ timeoutMs: TIMEOUT_MS }, { taps: true });

/** Without `AsyncLocalStorage`, so that a nested request inherits its deadline only by `parent`. */
export async function oursWithoutContext() {
  const { platformEnv } = await load('core');
  const env = { ...platformEnv(), context: undefined };
  return openOurs({ timeoutMs: TIMEOUT_MS }, { options: { env } });
}
