import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { aim, atMostOver, must } from '../lib/goals.mjs';
import { OURS, packageUrl } from '../lib/ours.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const EMPTY = 'an empty script';
const STARTS = 5;

/** @param {string} source an ES module */
function starting(source) {
  return () => {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < STARTS; i++) {
      const started = performance.now();
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '-e', source],
        { cwd: BENCH, encoding: 'utf8' },
      );
      best = Math.min(best, performance.now() - started);
      if (status !== 0) {
        throw new Error(stderr.split('\n').find((line) => line.includes('Error')) ?? stderr);
      }
    }
    return best;
  };
}

/** @param {string} specifier */
const importing = (specifier) => starting(`import ${JSON.stringify(specifier)};`);

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'startup',
  group: 'kernel',
  title: 'Import of core over an empty script',
  tables: [
    {
      title: 'from spawn to exit, the best of all starts',
      unit: 'ms',
      contenders: {
        [EMPTY]: starting(''),
        eventemitter3: importing('eventemitter3'),
        mitt: importing('mitt'),
        rxjs: importing('rxjs'),
        eventemitter2: importing('eventemitter2'),
        postal: importing('postal'),
        emittery: importing('emittery'),
        moleculer: importing('moleculer'),
        [OURS]: importing(packageUrl('core')),
      },
      goals: [must(atMostOver(8, 'ms', EMPTY)), aim(atMostOver(4, 'ms', EMPTY))],
      statistic: 'best',
    },
  ],
};
