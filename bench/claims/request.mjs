import { aim, LIMIT, must, timesBetter } from '../lib/goals.mjs';
import { OURS, TAPPED } from '../lib/ours.mjs';
import * as callers from '../lib/requests.mjs';

const CONCURRENT = 100;
const TIMED_EVENTS = 'node:events + Map + setTimeout';
const MOLECULER = 'moleculer';
const WITHOUT_CONTEXT = `${OURS}, no AsyncLocalStorage`;
const WITH_SIGNAL = `${OURS}, timeout and signal`;

/** @param {callers.OpenCaller} open */
function sequential(open) {
  return async () => {
    const { call, answered, stop } = await open();
    const run = async (count) => {
      for (let i = 0; i < count; i++) await call();
    };
    return { run, done: answered, stop };
  };
}

/** @param {callers.OpenCaller} open */
function concurrent(open) {
  return async () => {
    const { call, answered, stop } = await open();
    const run = async (count) => {
      let left = count;
      const caller = async () => {
        while (left-- > 0) await call();
      };
      await Promise.all(Array.from({ length: CONCURRENT }, caller));
    };
    return { run, done: answered, stop };
  };
}

/** @param {typeof sequential} repeated */
function contenders(repeated) {
  return {
    [LIMIT]: repeated(callers.limit),
    'node:events + Map': repeated(callers.nodeEvents),
    [TIMED_EVENTS]: repeated(callers.nodeEventsTimeout),
    [`${TIMED_EVENTS} + signal`]: repeated(callers.nodeEventsSignal),
    'eventemitter2 emitAsync': repeated(callers.eventemitter2),
    'rxjs firstValueFrom': repeated(callers.rxjs),
    [MOLECULER]: repeated(callers.moleculer),
    'moleculer, timeout': repeated(callers.moleculerTimeout),
    [OURS]: repeated(callers.ours),
    [WITH_SIGNAL]: repeated(callers.oursSignal),
    [TAPPED]: repeated(callers.oursTapped),
    [WITHOUT_CONTEXT]: repeated(callers.oursWithoutContext),
  };
}

const goals = [
  must(timesBetter(2, TIMED_EVENTS)),
  must(timesBetter(1.2, MOLECULER)),
  must(timesBetter(2, `${TIMED_EVENTS} + signal`, WITH_SIGNAL)),
  aim(timesBetter(2, MOLECULER)),
];

const notes = [
  'the handler is an async function; each reply is awaited',
  'no AsyncLocalStorage: env.context left out; the default switches on promise hooks on Node 20 and 22',
  'without a timeout: limit, node:events + Map, emitAsync, firstValueFrom, moleculer',
];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'request',
  group: 'kernel',
  title: 'Request and reply in one process, with timeout and cancel',
  tables: [
    {
      title: 'one after the other',
      unit: 'ns a request',
      contenders: contenders(sequential),
      goals,
      notes,
    },
    {
      title: `${CONCURRENT} in flight`,
      unit: 'ns a request',
      contenders: contenders(concurrent),
      goals,
      notes,
    },
  ],
};
