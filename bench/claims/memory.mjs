import * as peers from '../lib/emitters.mjs';
import { aim, atMost, must } from '../lib/goals.mjs';
import { handlerFactories, payload, state } from '../lib/handlers.mjs';
import { heapUsed } from '../lib/heap.mjs';
import { OURS, openBus } from '../lib/ours.mjs';

const TOPICS = 2000;
const SUBSCRIBERS = 100;

/**
 * @typedef {object} Subject
 * @property {'payload' | 'message' | 'params'} shape
 * @property {(topic: string, handler: (input: any) => void) => unknown} on
 * @property {(topic: string, payload: { n: number }) => unknown} emit
 */

/** @param {() => Subject | Promise<Subject>} open */
function bytesEach(open) {
  return async () => {
    const { shape, on, emit } = await open();
    const [make] = handlerFactories(shape);
    const topics = Array.from({ length: TOPICS }, (_, i) => `orders.region${i % 10}.item${i}`);
    const handlers = topics.map(() => Array.from({ length: SUBSCRIBERS }, make));
    // What the first subscription loads and compiles is not what the next one costs.
    for (const handler of handlers[0]) on('warm.up', handler);
    await emit('warm.up', payload);
    const before = heapUsed();
    for (const [index, topic] of topics.entries()) {
      for (const handler of handlers[index]) on(topic, handler);
    }
    const bytes = (heapUsed() - before) / (TOPICS * SUBSCRIBERS);
    await emit(topics[0], payload);
    // Naming `handlers` here also keeps it from being collected before the heap is read.
    if (state.sum !== 2 * SUBSCRIBERS || handlers.length !== TOPICS) {
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

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'memory',
  group: 'kernel',
  title: 'Memory of a subscription',
  tables: [
    {
      title: '2,000 topics with 100 subscribers each, without the handlers',
      unit: 'B a subscription',
      contenders: {
        'node:events': bytesEach(peers.nodeEvents),
        eventemitter3: bytesEach(peers.eventemitter3),
        mitt: bytesEach(peers.mitt),
        rxjs: bytesEach(peers.rxjs),
        'eventemitter2 (wildcards)': bytesEach(peers.eventemitter2),
        postal: bytesEach(peers.postal),
        emittery: bytesEach(peers.emittery),
        [OURS]: bytesEach(subscribing()),
        [`${OURS}, with options`]: bytesEach(
          subscribing({ capacity: 100, overflow: 'drop-oldest', concurrency: 2 }),
        ),
      },
      goals: [must(atMost(250, 'B')), aim(atMost(120, 'B'))],
      rounds: 3,
    },
  ],
};
