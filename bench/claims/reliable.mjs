import { aim, must, timesBetter } from '../lib/goals.mjs';
import { nanosecondsEach } from '../lib/measure.mjs';
import { load, OURS } from '../lib/ours.mjs';
import { oneWay } from '../links/one-way.mjs';

const BEST_EFFORT = 'best effort';
const TOPIC = 'orders.created';
const perSecond = 1e6;
const beside = ['CPU publisher', 'CPU subscriber'];

/** @param {{ reliably: boolean, key?: boolean }} options */
function inProcess({ reliably, key = false }) {
  return async (effort) => {
    const [{ createBus }, { pubsub }, { reliable }] = await Promise.all(
      ['core', 'pubsub', 'reliable'].map(load),
    );
    const bus = await createBus({ id: 'bench' }).use(pubsub(), reliable()).start();
    const options = reliably ? { delivery: 'reliable' } : undefined;
    const sent = key ? { ...options, key: 'k' } : options;
    let sum = 0;
    bus.subscribe(
      TOPIC,
      (message) => {
        sum += message.payload.n;
      },
      options,
    );
    const payload = { n: 1 };
    return nanosecondsEach(
      {
        run(count) {
          let last;
          for (let i = 0; i < count; i++) last = bus.publish(TOPIC, payload, sent);
          return last;
        },
        done: () => sum,
        stop: () => bus.stop(),
      },
      effort,
    );
  };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'reliable',
  group: 'plugins',
  title: 'Acknowledged delivery beside best effort',
  tables: [
    {
      short: 'Unix socket',
      title: 'from one process to another over a Unix socket, payload of 128 bytes',
      unit: 'µs a message',
      perSecond,
      beside,
      contenders: {
        [BEST_EFFORT]: oneWay('reliable', { acknowledges: false }),
        [OURS]: oneWay('reliable', { acknowledges: true, window: 1024 }),
        [`${OURS}, 256 unacknowledged`]: oneWay('reliable', { acknowledges: true, window: 256 }),
      },
      goals: [must(timesBetter(0.4, BEST_EFFORT)), aim(timesBetter(0.6, BEST_EFFORT))],
      notes: [
        'reliable: 1,024 messages may be unacknowledged, where the row says nothing else; each is acknowledged by the handler beyond the link',
        'best effort: after each 64 messages the last one is awaited',
      ],
    },
    {
      short: 'one process',
      title: 'in one process, to a handler that returns at once',
      unit: 'ns a publish',
      contenders: {
        [BEST_EFFORT]: inProcess({ reliably: false }),
        [OURS]: inProcess({ reliably: true }),
        [`${OURS}, with a key`]: inProcess({ reliably: true, key: true }),
      },
      goals: [],
    },
  ],
};
