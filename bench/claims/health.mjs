import { atMostOver, must } from '../lib/goals.mjs';
import { load, OURS, openBus } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const HEALTHY = `${OURS}, health`;
const FAILED = `${OURS}, health, a breaker of another topic open`;
const TIMEOUT_MS = 5000;
const CONCURRENT = 100;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function healthy() {
  const { health } = await load('health');
  const plugins = [health({ breaker: { openMs: 3_600_000 } })];
  return openBus({ taps: false, plugins, options: { log: quiet } });
}

const plain = () => openBus({ taps: false });

/** With health, and an endpoint that is held back, so that candidates have to be looked at. */
async function failed() {
  const bus = await healthy();
  bus.handle('broken', () => {
    throw new Error('broken');
  });
  for (let i = 0; i < 5; i++) await bus.request('broken', {}).catch(() => undefined);
  const { open } = bus.inspect().plugins['@bus/health'].breakers;
  if (open !== 1) throw new Error('its breaker did not open');
  return bus;
}

/** @param {() => Promise<any>} open */
function publishing(open) {
  const emitter = async () => {
    const bus = await open();
    return {
      shape: 'message',
      on: (pattern, handler) => bus.subscribe(pattern, handler),
      emit: (topic, payload) => bus.publish(topic, payload),
      stop: () => bus.stop(),
    };
  };
  return emitting(emitter, () => ({ patterns: ['orders.eu.created'] }));
}

/** @param {() => Promise<any>} open */
function requesting(open) {
  return async () => {
    const bus = await open();
    let answers = 0;
    bus.handle('orders.get', async ({ payload }) => {
      answers++;
      return payload.n + 1;
    });
    const run = async (count) => {
      let left = count;
      const caller = async () => {
        while (left-- > 0) await bus.request('orders.get', { n: 1 }, { timeoutMs: TIMEOUT_MS });
      };
      await Promise.all(Array.from({ length: CONCURRENT }, caller));
    };
    return { run, done: () => answers, stop: () => bus.stop() };
  };
}

/** @param {(open: () => Promise<any>) => import('../lib/rounds.mjs').Contender} measured */
const contenders = (measured) => ({
  [OURS]: measured(plain),
  [HEALTHY]: measured(healthy),
  [FAILED]: measured(failed),
});

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'health',
  group: 'plugins',
  title: 'What health and breakers cost a message in one process',
  tables: [
    {
      short: 'publish',
      title: 'one topic, one subscriber; glob router, pubsub, correlation',
      unit: 'ns a publish',
      contenders: contenders(publishing),
      goals: [must(atMostOver(15, 'ns', OURS, HEALTHY))],
    },
    {
      short: 'request',
      title: `a request with timeout, ${CONCURRENT} in flight`,
      unit: 'ns a request',
      contenders: contenders(requesting),
      goals: [must(atMostOver(30, 'ns', OURS, HEALTHY))],
    },
  ],
};
