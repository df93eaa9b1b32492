import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { aim, atMost, atMostOver, must } from '../lib/goals.mjs';
import { handlerFactories } from '../lib/handlers.mjs';
import { median } from '../lib/measure.mjs';
import { load, OURS, openBus, packageUrl } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const IDLE = `${OURS}, an idle outcome tap`;
const COUNTED = `${OURS}, metrics()`;
const TIMED = `${OURS}, metrics({ timing: 'every' })`;
const BY_HAND = `${OURS}, prom-client's counter in an outcome tap`;
const ENDPOINTS = 1000;

/** @param {any[]} plugins */
async function emitter(plugins) {
  const bus = await openBus({ taps: false, plugins });
  return {
    shape: /** @type {const} */ ('message'),
    on: (pattern, handler) => bus.subscribe(pattern, handler),
    emit: (topic, payload) => bus.publish(topic, payload),
    stop: () => bus.stop(),
  };
}

/** @param {(...args: any[]) => undefined} observe */
async function tapped(observe) {
  const { definePlugin } = await load('core');
  const plugin = definePlugin({
    name: 'bench-outcome',
    setup({ hooks }) {
      hooks.outcome.tap(observe);
      return undefined;
    },
  });
  return emitter([plugin]);
}

/** @param {object} [options] */
async function withMetrics(options) {
  const { metrics } = await load('metrics');
  return emitter([metrics(options)]);
}

/** What one would write without the plugin. */
async function byHand() {
  const { Counter, Registry } = createRequire(packageUrl('metrics'))('prom-client');
  const counter = new Counter({
    name: 'messages_total',
    help: 'Messages.',
    labelNames: ['topic', 'outcome'],
    registers: [new Registry()],
  });
  return tapped((_message, endpoint, outcome) => {
    counter.inc({ topic: endpoint?.pattern ?? '', outcome });
    return undefined;
  });
}

/** @param {number} topics */
function publishing(topics) {
  const patterns = Array.from({ length: topics }, (_, i) => `orders.region${i % 10}.item${i}`);
  const on = (open) => emitting(open, () => ({ patterns }));
  return {
    [`${OURS}, no tap`]: on(() => emitter([])),
    [IDLE]: on(() => tapped(() => undefined)),
    [COUNTED]: on(() => withMetrics()),
    [TIMED]: on(() => withMetrics({ timing: 'every' })),
    [BY_HAND]: on(byHand),
  };
}

/** Milliseconds for each reading of a bus with many endpoints, of which each has done something. */
async function scraping() {
  const { metrics } = await load('metrics');
  const bus = await openBus({ taps: false, plugins: [metrics({ timing: 'every' })] });
  const [make] = handlerFactories('message');
  for (let i = 0; i < ENDPOINTS; i++) bus.subscribe(`orders.item${i}`, make());
  for (let i = 0; i < 100 * ENDPOINTS; i++) bus.publish(`orders.item${i % ENDPOINTS}`, { n: 1 });
  const times = { 'snapshot()': [], 'prometheus()': [] };
  for (let round = 0; round < 15; round++) {
    for (const [label, samples] of Object.entries(times)) {
      await nextTurn();
      const started = performance.now();
      if (label === 'snapshot()') bus.metrics.snapshot();
      else await bus.metrics.prometheus();
      samples.push(performance.now() - started);
    }
  }
  await bus.stop();
  return Object.fromEntries(Object.entries(times).map(([label, all]) => [label, median(all)]));
}

const goals = [must(atMostOver(10, 'ns', IDLE, COUNTED))];
const notes = ['no tap: the kernel tells nobody of outcomes, and takes a shorter way'];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'metrics',
  group: 'plugins',
  title: 'What metrics cost a publish, and a scrape',
  tables: [
    {
      short: '1 topic',
      title: 'one topic, one subscriber; glob router, pubsub, correlation',
      unit: 'ns a publish',
      contenders: publishing(1),
      goals,
      notes,
    },
    {
      short: '1,000 topics',
      title: '1,000 topics in turn, one subscriber each',
      unit: 'ns a publish',
      contenders: publishing(1000),
      goals,
      notes,
    },
    {
      short: 'a scrape',
      title: `a scrape of ${ENDPOINTS.toLocaleString('en')} endpoints, all with histograms`,
      unit: 'ms',
      contenders: { [OURS]: scraping },
      goals: [aim(atMost(100, 'ms', `${OURS} prometheus()`))],
      rounds: 3,
    },
  ],
};
