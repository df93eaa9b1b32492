import * as peers from '../lib/emitters.mjs';
import { aim, atMost, must } from '../lib/goals.mjs';
import { handlerFactories, payload, state } from '../lib/handlers.mjs';
import { heapUsed } from '../lib/heap.mjs';
import { OURS, openBus } from '../lib/ours.mjs';

const WARM = 100;

/**
 * @typedef {object} Subject
 * @property {'payload' | 'message' | 'params'} shape
 * @property {(topic: string, handler: (input: any) => void) => unknown} on
 * @property {(topic: string, payload: { n: number }) => unknown} emit
 */

/**
 * Topics as a program's constants are: not put together from parts, which V8 frees at first use.
 *
 * @param {number} count
 */
function internedTopics(count) {
  const names = Array.from({ length: count }, (_, i) => [`orders.region${i % 10}.item${i}`, i]);
  return Object.keys(Object.fromEntries(names));
}

/**
 * @param {() => Subject | Promise<Subject>} open
 * @param {{ topics: number, subscribers: number }} shape
 */
function bytesEach(open, { topics: count, subscribers }) {
  return async () => {
    const { shape, on, emit } = await open();
    const [make] = handlerFactories(shape);
    const topics = internedTopics(count);
    const handlers = topics.map(() => Array.from({ length: subscribers }, make));
    // What the first subscriptions load and compile is not what the next one costs.
    for (let i = 0; i < WARM; i++) on('warm.up', make());
    await emit('warm.up', payload);
    const before = heapUsed();
    for (const [index, topic] of topics.entries()) {
      for (const handler of handlers[index]) on(topic, handler);
    }
    const bytes = (heapUsed() - before) / (count * subscribers);
    await emit(topics[0], payload);
    // Naming `handlers` here also keeps it from being collected before the heap is read.
    if (state.sum !== WARM + subscribers || handlers.length !== count) {
      throw new Error('the subscriptions are gone');
    }
    return bytes;
  };
}

/** @param {object} [options] */
function subscribing(options) {
  return async () => {
    const bus = await openBus({ taps: false });
    return {
      shape: /** @type {const} */ ('message'),
      on: (topic, handler) => bus.subscribe(topic, handler, options),
      emit: (topic, input) => bus.publish(topic, input),
    };
  };
}

/** @param {{ topics: number, subscribers: number }} shape */
function contenders(shape) {
  const of = (open) => bytesEach(open, shape);
  return {
    'node:events': of(peers.nodeEvents),
    eventemitter3: of(peers.eventemitter3),
    mitt: of(peers.mitt),
    rxjs: of(peers.rxjs),
    'eventemitter2 (wildcards)': of(peers.eventemitter2),
    [OURS]: of(subscribing()),
    [`${OURS}, with options`]: of(
      subscribing({ capacity: 100, overflow: 'drop-oldest', concurrency: 2 }),
    ),
  };
}

const unit = 'B a subscription';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'memory',
  title: 'Memory of a subscription',
  group: 'kernel',
  tables: [
    {
      short: '1 a topic',
      title: '100,000 topics with one subscriber each, without handlers and topic strings',
      unit,
      contenders: contenders({ topics: 100_000, subscribers: 1 }),
      goals: [must(atMost(250, 'B')), aim(atMost(200, 'B'))],
      rounds: 3,
    },
    {
      short: '100 a topic',
      title: '2,000 topics with 100 subscribers each, without the handlers',
      unit,
      contenders: contenders({ topics: 2000, subscribers: 100 }),
      goals: [],
      rounds: 3,
    },
  ],
};
