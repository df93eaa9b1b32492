import { oneWay } from '../links/one-way.mjs';
import { steady } from '../links/steady.mjs';

const PER_MS = 5;
/** The knobs that are compared; the first are the defaults. */
const settings = {
  'waitMs 0': {},
  'waitMs 1': { waitMs: 1 },
  'waitMs 2': { waitMs: 2 },
  'waitMs 5': { waitMs: 5 },
  'waitMs 20': { waitMs: 20 },
  'bytes 16,384': { bytes: 16_384 },
  'bytes 4,096': { bytes: 4096 },
  'bytes 1,024': { bytes: 1024 },
};

/** @param {(batching: object) => unknown} measure */
const each = (measure) =>
  Object.fromEntries(Object.entries(settings).map(([name, batching]) => [name, measure(batching)]));

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-batching',
  group: 'links',
  title: 'The knobs of batching, from a publisher in one process to a handler in another',
  tables: [
    {
      title: `${PER_MS} messages of 128 bytes each millisecond`,
      unit: 'ms, median of what a message takes',
      beside: ['p99', 'CPU publisher', 'CPU subscriber'],
      contenders: each((batching) => steady({ perMs: PER_MS, batching })),
      goals: [],
      notes: ['CPU: microseconds of processor time a message, which waitMs is there to save'],
    },
    {
      title: 'as fast as the link takes them, 128 bytes',
      unit: 'µs a message',
      perSecond: 1e6,
      beside: ['CPU publisher', 'CPU subscriber'],
      contenders: each((batching) => oneWay('bus', { batching })),
      goals: [],
    },
  ],
};
