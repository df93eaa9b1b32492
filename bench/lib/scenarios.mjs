import { asyncHandlerFactories, handlerFactories, payload, state } from './handlers.mjs';

/** @typedef {import('./emitters.mjs').Emitter} Emitter */
/** @typedef {import('./measure.mjs').Timed} Timed */

const WARM_CALLS = 20_000;

/**
 * Teaches the library's call sites that handlers differ, before anything is optimised for one. It
 * is done on topics of its own, so what is measured afterwards has its own subscribers only.
 *
 * @param {Emitter} emitter
 * @param {Array<() => (input: any) => void>} factories
 */
function teachCallSites(emitter, factories) {
  // Those that scan their listeners would be slower for it, and at their cost inlining is nothing.
  if (emitter.waits) return;
  const topics = factories.map((make, index) => {
    const topic = `background.topic${index}.created`;
    emitter.on(topic, make());
    return topic;
  });
  for (let i = 0; i < WARM_CALLS; i++) emitter.emit(topics[i % topics.length], payload);
}

/**
 * A loop that emits on one topic.
 *
 * @param {Emitter} emitter
 * @param {string} topic
 */
function repeating(emitter, topic) {
  if (emitter.waits) {
    return async (count) => {
      for (let i = 0; i < count; i++) await emitter.emit(topic, payload);
    };
  }
  return (count) => {
    for (let i = 0; i < count; i++) emitter.emit(topic, payload);
  };
}

/**
 * A loop that emits on one topic after the other, going on where the last call stopped.
 *
 * @param {Emitter} emitter
 * @param {string[]} topics
 */
function cycling(emitter, topics) {
  let at = 0;
  const next = () => {
    const topic = topics[at];
    at = at + 1 === topics.length ? 0 : at + 1;
    return topic;
  };
  if (emitter.waits) {
    return async (count) => {
      for (let i = 0; i < count; i++) await emitter.emit(next(), payload);
    };
  }
  return (count) => {
    for (let i = 0; i < count; i++) emitter.emit(next(), payload);
  };
}

/**
 * @typedef {object} Shape
 * @property {Array<string | RegExp>} patterns
 * @property {string[]} [topics] default the patterns
 * @property {number} [subscribers] for each pattern; default 1
 * @property {number} [bodies] of how many different functions the subscribers are closures
 */

/**
 * Emits on one topic after the other.
 *
 * @param {() => Emitter | Promise<Emitter>} open
 * @param {() => Shape} shape made only in the process that needs it
 * @returns {() => Promise<Timed>}
 */
export function emitting(open, shape) {
  return async () => {
    const { patterns, topics = patterns, subscribers = 1, bodies } = shape();
    const emitter = await open();
    const factories = handlerFactories(emitter.shape, bodies);
    teachCallSites(emitter, factories);
    for (const [index, pattern] of patterns.entries()) {
      for (let i = 0; i < subscribers; i++) {
        emitter.on(pattern, factories[(index + i) % factories.length]());
      }
    }
    await emitter.ready?.();
    return {
      run: topics.length === 1 ? repeating(emitter, topics[0]) : cycling(emitter, topics),
      per: subscribers,
      done: () => state.sum,
      donePerRun: subscribers,
      stop: emitter.stop,
    };
  };
}

/**
 * Emits on topics that never come again.
 *
 * @param {() => Emitter | Promise<Emitter>} open
 * @param {() => { patterns: string[], newTopic: () => string }} shape
 * @returns {() => Promise<Timed>}
 */
export function emittingNew(open, shape) {
  return async () => {
    const { patterns, newTopic } = shape();
    const emitter = await open();
    const factories = handlerFactories(emitter.shape);
    teachCallSites(emitter, factories);
    for (const [index, pattern] of patterns.entries()) {
      emitter.on(pattern, factories[index % factories.length]());
    }
    /** @type {string[]} */
    let topics = [];
    return {
      prepare(count) {
        topics = Array.from({ length: count }, newTopic);
      },
      run() {
        for (const topic of topics) emitter.emit(topic, payload);
      },
      done: () => state.sum,
      stop: emitter.stop,
    };
  };
}

/** How many messages are under way at a time. */
export const AT_A_TIME = 100;

/**
 * Emits on one topic to async handlers, {@link AT_A_TIME} messages at a time: the next ones come
 * when all handlers are done with these.
 *
 * @param {() => Emitter | Promise<Emitter>} open
 * @param {{ subscribers: number, awaits?: boolean }} shape
 * @returns {() => Promise<Timed>}
 */
export function emittingAsync(open, { subscribers, awaits = true }) {
  return async () => {
    const emitter = await open();
    const batch = { left: 0, finish: () => {} };
    const factories = asyncHandlerFactories(emitter.shape, { batch, awaits });
    // Call sites learn that handlers differ, each on a topic of its own.
    for (const [index, make] of factories.entries()) emitter.on(`other.topic${index}.done`, make());
    const emitBatch = (topic, handlers) =>
      new Promise((finish) => {
        batch.left = AT_A_TIME * handlers;
        batch.finish = /** @type {() => void} */ (finish);
        for (let i = 0; i < AT_A_TIME; i++) emitter.emit(topic, payload);
      });
    for (let i = 0; i < factories.length * 10; i++) {
      await emitBatch(`other.topic${i % factories.length}.done`, 1);
    }

    const topic = 'orders.eu.created';
    for (let i = 0; i < subscribers; i++) emitter.on(topic, factories[i % factories.length]());
    await emitter.ready?.();
    return {
      async run(count) {
        for (let i = 0; i < count; i++) await emitBatch(topic, subscribers);
      },
      per: AT_A_TIME,
      done: () => state.sum,
      donePerRun: AT_A_TIME * subscribers,
      stop: emitter.stop,
    };
  };
}
