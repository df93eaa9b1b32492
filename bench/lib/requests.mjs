import { EventEmitter } from 'node:events';
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
/** Each of those who ask has a signal of its own. */
const SIGNALS = 100;

function openSignals() {
  return Array.from({ length: SIGNALS }, () => new AbortController().signal);
}

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

/**
 * All that a request of the bus has: a time-out, a signal that cancels it and that the handler sees,
 * and a deadline that what the handler asks in turn is given.
 */
export function nodeEventsFull() {
  const emitter = new EventEmitter();
  const signals = openSignals();
  /** @type {Map<number, (reply: unknown) => void>} */
  const pending = new Map();
  emitter.on(TOPIC, async (id, input, _context) => emitter.emit('reply', id, await answer(input)));
  emitter.on('reply', (id, reply) => pending.get(id)?.(reply));
  let lastId = 0;
  const call = (deadline = Number.POSITIVE_INFINITY) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      const signal = signals[id % SIGNALS];
      const now = performance.now();
      const until = Math.min(now + TIMEOUT_MS, deadline);
      const release = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        pending.delete(id);
      };
      const fail = (reason) => {
        release();
        reject(new Error(reason));
      };
      const cancel = () => fail('cancelled');
      const timer = setTimeout(fail, until - now, 'timeout');
      signal.addEventListener('abort', cancel);
      pending.set(id, (reply) => {
        release();
        resolve(reply);
      });
      emitter.emit(TOPIC, id, request, { deadline: until, signal });
    });
  return { answered, call };
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

/**
 * What a handler asks must end with the request it answers, also after an `await`.
 *
 * @param {any} bus
 */
async function checkInheritance(bus) {
  let outer = 0;
  let inner = Number.POSITIVE_INFINITY;
  const inherited = bus.handle('check.inner', async (message) => {
    inner = message.deadline;
  });
  const asking = bus.handle('check.outer', async (message) => {
    outer = message.deadline;
    await undefined;
    await bus.request('check.inner', request, { timeoutMs: 10 * TIMEOUT_MS });
  });
  await bus.request('check.outer', request, { timeoutMs: TIMEOUT_MS });
  await Promise.all([inherited.stop(), asking.stop()]);
  if (!(inner <= outer)) throw new Error('a nested request did not inherit its deadline');
}

/**
 * @param {object[]} options of the requests, in turn
 * @param {{ taps?: boolean, inherits?: boolean, options?: object }} [settings]
 */
async function openOurs(options, { inherits = true, ...settings } = {}) {
  const bus = await openBus({ taps: false, ...settings });
  if (inherits) await checkInheritance(bus);
  bus.handle(TOPIC, (message) => answer(message.payload));
  let turn = 0;
  const call = () => {
    turn = turn + 1 >= options.length ? 0 : turn + 1;
    return bus.request(TOPIC, request, options[turn]);
  };
  return { answered, call, stop: () => bus.stop() };
}

const timed = [{ timeoutMs: TIMEOUT_MS }];
const full = () => openSignals().map((signal) => ({ timeoutMs: TIMEOUT_MS, signal }));

export const ours = () => openOurs(full());
export const oursTimeout = () => openOurs(timed);
export const oursTapped = () => openOurs(full(), { taps: true });

/** Without `AsyncLocalStorage`, so that a nested request inherits its deadline only by `parent`. */
export async function oursWithoutContext() {
  const { platformEnv } = await load('core');
  const env = { ...platformEnv(), context: undefined };
  return openOurs(full(), { inherits: false, options: { env } });
}
