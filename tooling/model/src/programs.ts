import * as fc from 'fast-check';
import type { Manner, Program, Reader, Send, Step } from './program.ts';
import { settled } from './program.ts';

/** Beyond what a platform's timer takes. */
const long = 2 ** 31 + 7;
const forever = Number.POSITIVE_INFINITY;

const topic = fc.constantFrom('a.x', 'a.x', 'a.y', 'b');
const at = fc.nat(20);

const send: fc.Arbitrary<Send> = fc.record({
  verb: fc.constantFrom('publish', 'publish', 'publish', 'publisher', 'notify', 'request'),
  topic,
  key: fc.constantFrom(undefined, undefined, 'k', 'l'),
  priority: fc.constantFrom('normal', 'normal', 'high', 'low'),
  timeoutMs: fc.constantFrom(undefined, undefined, undefined, 15, 40, 0, long, forever),
  signal: fc.constantFrom('none', 'none', 'none', 'given', 'given', 'aborted'),
  times: fc.constantFrom(1, 1, 1, 1, 2, 3, 5, 12),
});

/** What handlers send comes once, and has no signal. */
const answer: fc.Arbitrary<Send> = send.map((made) => ({ ...made, signal: 'none', times: 1 }));

const manner: fc.Arbitrary<Manner> = fc.record({
  does: fc.constantFrom('return', 'hold', 'hold', 'throw', 'resolve', 'reject'),
  sends: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(answer, { minLength: 1, maxLength: 2 }) },
  ),
  asks: fc.constantFrom(undefined, undefined, 'a.x', 'b', 'b'),
  stops: fc.constantFrom(false, false, false, false, true),
});

const reader: fc.Arbitrary<Reader> = fc.record({
  kind: fc.constantFrom('subscribe', 'subscribe', 'subscribe', 'handle', 'handle', 'loop'),
  pattern: fc.constantFrom('a.x', 'a.x', 'b', 'a.y', 'a.*', 'a.**', '**'),
  style: fc.constantFrom('plain', 'native'),
  group: fc.constantFrom(undefined, undefined, undefined, 'g', 'g', 'h'),
  priority: fc.constantFrom(0, 0, 1),
  filter: fc.constantFrom(undefined, undefined, undefined, undefined, 'odd', 'throws'),
  overflow: fc.constantFrom('block', 'drop-oldest', 'drop-newest', 'latest', 'error'),
  capacity: fc.constantFrom(1, 2, 3, 20),
  concurrency: fc.constantFrom(1, 1, 1, 2, 3),
  timeoutMs: fc.constantFrom(forever, forever, long, 25, 60, 0),
  byParity: fc.constantFrom(false, false, false, true),
  once: fc.constantFrom(false, false, false, false, false, true),
  readsSignal: fc.constantFrom('early', 'late'),
  manners: fc.array(manner, { minLength: 1, maxLength: 3 }),
});

const add: fc.Arbitrary<Step> = reader.map((made) => ({ do: 'add', reader: made }));
const sending: fc.Arbitrary<Step> = send.map((made) => ({ do: 'send', send: made }));
const finish: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('finish' as const),
  at: fc.constantFrom(0, 0, 0, 1, 2, 5),
  how: fc.constantFrom('return', 'return', 'throw'),
});
const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.constantFrom(1, 10, 30, 30, 100),
});
const point = (what: 'abort' | 'ask' | 'stop' | 'dispose'): fc.Arbitrary<Step> =>
  at.map((place) => ({ do: what, at: place }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: sending },
  { weight: 8, arbitrary: finish },
  { weight: 3, arbitrary: point('ask') },
  { weight: 2, arbitrary: wait },
  { weight: 2, arbitrary: point('abort') },
  { weight: 1, arbitrary: add },
  { weight: 1, arbitrary: point('stop') },
  { weight: 1, arbitrary: point('dispose') },
);
const lastStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: finish },
  { weight: 2, arbitrary: point('ask') },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'wait', ms: 1 }) },
  { weight: 1, arbitrary: point('stop') },
  { weight: 1, arbitrary: sending },
);

/** Any program of a few readers and some dozens of steps. */
export const programs: fc.Arbitrary<Program> = fc
  .record({
    mood: fc.constantFrom('chatty', 'chatty', 'crowded', 'quiet'),
    balance: fc.constantFrom('chosen', 'chosen', 'turn'),
    inFlight: fc.constantFrom(1, 2, 3),
    readers: fc.array(reader, { minLength: 1, maxLength: 4 }),
    steps: fc.array(step, { maxLength: 24, size: 'max' }),
    end: fc.record({
      drainMs: fc.constantFrom(20, 20, 0, forever, long),
      steps: fc.array(lastStep, { maxLength: 5, size: 'max' }),
    }),
  })
  .map(settled);
