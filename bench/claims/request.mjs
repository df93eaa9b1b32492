import { aim, atMostTimes, LIMIT, levelWith, must } from '../lib/goals.mjs';
import { OURS, TAPPED } from '../lib/ours.mjs';
import * as callers from '../lib/requests.mjs';

const CONCURRENT = 100;
const BY_HAND = 'by hand: EventEmitter, Map, setTimeout, signal';
const BY_HAND_TIMEOUT = 'by hand, timeout only';
const MOLECULER = 'moleculer';
const TIMEOUT_ONLY = `${OURS}, timeout only`;
const WITHOUT_CONTEXT = `${OURS}, no AsyncLocalStorage`;

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
    'by hand, EventEmitter and Map only': repeated(callers.nodeEvents),
    [BY_HAND_TIMEOUT]: repeated(callers.nodeEventsTimeout),
    [BY_HAND]: repeated(callers.nodeEventsFull),
    'eventemitter2 emitAsync': repeated(callers.eventemitter2),
    'rxjs firstValueFrom': repeated(callers.rxjs),
    [MOLECULER]: repeated(callers.moleculer),
    'moleculer, timeout': repeated(callers.moleculerTimeout),
    [OURS]: repeated(callers.ours),
    [TIMEOUT_ONLY]: repeated(callers.oursTimeout),
    [TAPPED]: repeated(callers.oursTapped),
    [WITHOUT_CONTEXT]: repeated(callers.oursWithoutContext),
  };
}

const goals = [
  must(atMostTimes(1, BY_HAND)),
  aim(atMostTimes(0.7, BY_HAND)),
  aim(atMostTimes(1, BY_HAND_TIMEOUT, TIMEOUT_ONLY)),
  aim(levelWith(MOLECULER)),
];

const notes = [
  'the handler is an async function; each reply is awaited; a timeout is never reached',
  `${OURS} and by hand: timeout, a signal that cancels, a deadline that nested requests inherit`,
  'a signal for each of a hundred callers',
  'no AsyncLocalStorage: env.context left out, a nested request is told its deadline',
  'without a timeout: limit, EventEmitter and Map only, emitAsync, firstValueFrom, moleculer',
];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'request',
  title: 'Request and reply in one process, with timeout, cancel and inherited deadline',
  group: 'kernel',
  tables: [
    {
      short: 'sequential',
      title: 'one after the other',
      unit: 'ns a request',
      contenders: contenders(sequential),
      goals,
      notes,
    },
    {
      short: `${CONCURRENT} in flight`,
      title: `${CONCURRENT} in flight`,
      unit: 'ns a request',
      contenders: contenders(concurrent),
      goals,
      notes,
    },
  ],
};
