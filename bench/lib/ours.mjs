/** @typedef {import('./emitters.mjs').Emitter} Emitter */

export const OURS = '@bus';
export const TAPPED = `${OURS}, a tap in every hook`;

/**
 * Where the built package of the workspace is.
 *
 * @param {string} name
 */
export function packageUrl(name) {
  return new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href;
}

/** @param {string} name */
export function load(name) {
  return import(packageUrl(name));
}

/** A plugin with one tap in each hook a message passes: the whole pipeline, not its short cuts. */
async function tapEverywhere() {
  const { definePlugin } = await load('core');
  return definePlugin({
    name: 'bench-taps',
    setup({ hooks }) {
      hooks.outbound.tap((message) => message);
      hooks.select.tap((targets) => targets);
      hooks.dispatch.tap((next) => (message, targets) => next(message, targets));
      hooks.deliver.tap((next) => (message, endpoint) => next(message, endpoint));
      hooks.outcome.tap(() => undefined);
      return undefined;
    },
  });
}

/**
 * A started bus with all that is needed for glob patterns, publish and request.
 *
 * @param {{ taps?: boolean, plugins?: any[], options?: object }} [settings]
 */
export async function openBus({ taps = true, plugins = [], options } = {}) {
  const [{ createBus }, { routerGlob }, { pubsub }, { correlation }] = await Promise.all(
    ['core', 'router-glob', 'pubsub', 'correlation'].map(load),
  );
  const bus = createBus({ id: 'bench', ...options }).use(
    routerGlob(),
    pubsub(),
    correlation(),
    ...plugins,
    ...(taps ? [await tapEverywhere()] : []),
  );
  await bus.start();
  return bus;
}

/** @param {any} bus @param {object} [options] of each subscription */
function asEmitter(bus, options) {
  return {
    shape: 'message',
    on: (pattern, handler) => bus.subscribe(pattern, handler, options),
    emit: (topic, payload) => bus.publish(topic, payload),
    stop: () => bus.stop(),
  };
}

/** @returns {Promise<Emitter>} */
export async function ours() {
  return asEmitter(await openBus());
}

/** @returns {Promise<Emitter>} */
export async function oursUntapped() {
  return asEmitter(await openBus({ taps: false }));
}

/** Each subscriber handles a hundred messages at a time. */
export async function oursConcurrent() {
  return asEmitter(await openBus({ taps: false }), { concurrency: 100 });
}

/** The same, each publish awaited. */
export async function oursAwaited() {
  return { ...(await ours()), waits: true };
}

/** Three buses in turn, so that they share the inline caches of one code. */
export async function oursThreefold() {
  const buses = [await openBus(), await openBus(), await openBus()];
  let turn = 0;
  return {
    shape: 'message',
    on(pattern, handler) {
      for (const bus of buses) bus.subscribe(pattern, handler);
    },
    emit(topic, payload) {
      turn = turn === 2 ? 0 : turn + 1;
      return buses[turn].publish(topic, payload);
    },
    stop: () => Promise.all(buses.map((bus) => bus.stop())),
  };
}

/** Through `bus.publisher`: topic and options settled once. */
export async function oursPublisher() {
  const bus = await openBus();
  /** @type {Map<string, (payload: object) => unknown>} */
  const publishers = new Map();
  let lastTopic = '';
  /** @type {(payload: object) => unknown} */
  let lastPublisher = () => undefined;
  return {
    ...asEmitter(bus),
    on(pattern, handler) {
      bus.subscribe(pattern, handler);
      publishers.set(pattern, bus.publisher(pattern));
    },
    // A program holds its publisher; comparing the topic is what is left of looking it up.
    emit(topic, payload) {
      if (topic !== lastTopic) {
        lastTopic = topic;
        lastPublisher = publishers.get(topic) ?? lastPublisher;
      }
      return lastPublisher(payload);
    },
  };
}

export async function oursWithRegex() {
  const { routerRegex } = await load('router-regex');
  return asEmitter(await openBus({ plugins: [routerRegex()] }));
}
