import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { aim, atMostTimes, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';

const BY_HAND = 'by hand';
/** Starts a round; each is a turn of its own. */
const STARTS = 5;
const WHOLE = 'spawn to exit';

/** @param {string} program */
function starting(program) {
  const path = fileURLToPath(new URL(`../cold/${program}.mjs`, import.meta.url));
  return () => {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
    const whole = performance.now() - started;
    if (status !== 0) throw new Error(stderr.split('\n').find((line) => line.includes('Error')));
    return { '': Number(stdout), [WHOLE]: whole };
  };
}

/** @param {'publish' | 'request'} verb */
const contenders = (verb) => ({
  [BY_HAND]: starting(`${verb}-events`),
  [OURS]: starting(`${verb}-bus`),
});

const unit = 'ms';
const beside = [WHOLE];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'cold',
  title: 'The first moments of a program, importing included',
  group: 'kernel',
  tables: [
    {
      short: 'publish',
      title: 'to the 1,000th publish; core, router-glob, pubsub, correlation',
      unit,
      beside,
      times: STARTS,
      contenders: contenders('publish'),
      goals: [must(atMostTimes(6, BY_HAND)), aim(atMostTimes(4, BY_HAND))],
      notes: [
        'whole processes, in turn; from when Node is ready to run the program, which is the same for both',
        `${WHOLE}: with Node itself, in ms`,
      ],
    },
    {
      short: 'request',
      title: 'to the 1,000th reply, one after the other, with a timeout; the same packages',
      unit,
      beside,
      times: STARTS,
      contenders: contenders('request'),
      goals: [must(atMostTimes(2.5, BY_HAND)), aim(atMostTimes(1.5, BY_HAND))],
      notes: ['by hand: EventEmitter, Map, setTimeout'],
    },
  ],
};
