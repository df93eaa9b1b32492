import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { aim, atMostOver, atMostTimes, must } from '../lib/goals.mjs';
import { OURS, packageUrl } from '../lib/ours.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
/** A package that has core installed: it is found as a program finds it. */
const DEPENDENT = fileURLToPath(new URL('../', packageUrl('pubsub')));
const EMPTY = 'an empty script';
const EVENTEMITTER3 = 'eventemitter3';
/** Starts a round; each is a turn of its own. */
const STARTS = 5;

/** @param {string} source an ES module @param {string} cwd where its imports are looked for */
function starting(source, cwd = BENCH) {
  return () => {
    const args = ['--input-type=module', '-e', source];
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
    const took = performance.now() - started;
    if (status !== 0) {
      throw new Error(stderr.split('\n').find((line) => line.includes('Error')) ?? stderr);
    }
    return took;
  };
}

/** @param {string} specifier @param {string} [cwd] */
const importing = (specifier, cwd) => starting(`import ${JSON.stringify(specifier)};`, cwd);

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'startup',
  title: 'A program that does nothing but import core',
  group: 'kernel',
  tables: [
    {
      title: 'from spawn to exit, the median of all starts',
      unit: 'ms',
      times: STARTS,
      contenders: {
        [EMPTY]: starting(''),
        [EVENTEMITTER3]: importing(EVENTEMITTER3),
        mitt: importing('mitt'),
        rxjs: importing('rxjs'),
        eventemitter2: importing('eventemitter2'),
        moleculer: importing('moleculer'),
        [OURS]: importing('@bus/core', DEPENDENT),
      },
      goals: [must(atMostTimes(1.2, EVENTEMITTER3)), aim(atMostOver(4, 'ms', EMPTY))],
    },
  ],
};
