import { fork } from 'node:child_process';
import { median } from './measure.mjs';

/** @typedef {import('./measure.mjs').Effort} Effort */

/**
 * @typedef {object} Claim
 * @property {string} name
 * @property {string} title
 * @property {'kernel' | 'links' | 'plugins'} group
 * @property {Table[]} tables
 *
 * @typedef {object} Table what is compared directly
 * @property {string} title
 * @property {string} [short] its name where results of several tables stand together
 * @property {string} unit
 * @property {Record<string, Contender>} contenders
 * @property {import('./goals.mjs').Goal[]} goals
 * @property {number} [rounds] where the usual number would take too long
 * @property {number} [times] how many times as many rounds, where one takes next to nothing
 * @property {'median' | 'best'} [statistic] how rounds become one figure; default median
 * @property {string[]} [notes]
 * @property {string[]} [beside] figures shown in a column of their own, not in a row
 * @property {number} [perSecond] units a second has, to show also how many there were in one
 *
 * @typedef {(effort: Effort) => unknown} Contender hands over something to be timed, or its figure;
 *   several under a name each make a row each
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} contender who gave it
 * @property {string} label which of the contender's figures it is; empty for its only or chief one
 * @property {number} figure NaN where it could not be measured
 * @property {number} spread see {@link spreadOf}
 * @property {number[]} rounds
 * @property {string} [failure]
 */

const CHILD = new URL('./child.mjs', import.meta.url);
const CHILD_DEADLINE_MS = 180_000;

/**
 * @param {string} execPath the Node to run it
 * @param {string[]} args
 * @returns {Promise<{ figures?: Record<string, number>, error?: string }>}
 */
function runChild(execPath, args) {
  return new Promise((resolve) => {
    const child = fork(CHILD, args, {
      execPath,
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ error: `no answer within ${CHILD_DEADLINE_MS / 1000} s` });
    }, CHILD_DEADLINE_MS);
    child.on('message', (answer) => resolve(/** @type {any} */ (answer)));
    child.on('exit', (code, signal) => {
      clearTimeout(deadline);
      resolve({ error: `ended with ${signal ?? code} before it answered` });
    });
  });
}

/** @param {string} contender @param {string} label */
const nameOf = (contender, label) => (label === '' ? contender : `${contender} ${label}`);

/**
 * The slowest round by the fastest; of many, without the eighth at either end.
 *
 * @param {number[]} rounds
 */
function spreadOf(rounds) {
  const outer = Math.floor(rounds.length / 8);
  const inner = rounds.toSorted((a, b) => a - b).slice(outer, rounds.length - outer);
  return inner[inner.length - 1] / inner[0];
}

/**
 * @param {string} contender
 * @param {string} label
 * @param {number[]} rounds
 * @param {'median' | 'best'} statistic
 * @returns {Row}
 */
function rowOf(contender, label, rounds, statistic) {
  return {
    name: nameOf(contender, label),
    contender,
    label,
    figure: statistic === 'best' ? Math.min(...rounds) : median(rounds),
    spread: spreadOf(rounds),
    rounds,
  };
}

/**
 * What one Node's contenders gave, round by round.
 *
 * @param {string[]} contenders
 */
function gathering(contenders) {
  /** By contender, then by label. @type {Map<string, Map<string, number[]>>} */
  const found = new Map(contenders.map((name) => [name, new Map()]));
  /** @type {Map<string, string>} */
  const failures = new Map();
  return {
    /** @param {string} name */
    hasFailed: (name) => failures.has(name),

    /** @param {string} name @param {{ figures?: Record<string, number>, error?: string }} answer */
    add(name, { figures = {}, error }) {
      if (error !== undefined) failures.set(name, error);
      const own = found.get(name);
      for (const [label, figure] of Object.entries(figures)) {
        own?.set(label, [...(own.get(label) ?? []), figure]);
      }
    },

    /** @param {'median' | 'best'} statistic @returns {Row[]} */
    rows(statistic) {
      return [...found].flatMap(([name, own]) => {
        const failure = failures.get(name);
        if (failure !== undefined) {
          const none = { figure: Number.NaN, spread: Number.NaN, rounds: [] };
          return [{ name, contender: name, label: '', ...none, failure }];
        }
        return [...own].map(([label, measured]) => rowOf(name, label, measured, statistic));
      });
    },
  };
}

/**
 * Measures a table: each contender in a fresh process, one at a time, A B C A B C …; with several
 * Nodes A B C of the first, A B C of the second, and so on in each round.
 *
 * @param {Claim} claim
 * @param {number} tableIndex
 * @param {object} settings
 * @param {import('./nodes.mjs').Node[]} settings.nodes
 * @param {number} settings.rounds
 * @param {Effort} settings.effort
 * @param {(text: string) => void} settings.progress
 * @returns {Promise<Row[][]>} the rows of each Node
 */
export async function measureTable(claim, tableIndex, { nodes, rounds: usual, effort, progress }) {
  const table = claim.tables[tableIndex];
  const { contenders, statistic = 'median', times = 1 } = table;
  const rounds = Math.min(table.rounds ?? usual, usual) * times;
  const names = Object.keys(contenders);
  const gathered = nodes.map(() => gathering(names));
  for (let round = 1; round <= rounds; round++) {
    for (const [index, node] of nodes.entries()) {
      for (const name of names) {
        if (gathered[index].hasFailed(name)) continue;
        progress(`${claim.name}: round ${round}, Node ${node.version}, ${name}`);
        const args = [claim.name, String(tableIndex), name, JSON.stringify(effort)];
        gathered[index].add(name, await runChild(node.path, args));
      }
    }
  }
  return gathered.map((each) => each.rows(statistic));
}
