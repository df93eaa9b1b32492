import { fork } from 'node:child_process';
import { median } from './measure.mjs';

/** @typedef {import('./measure.mjs').Effort} Effort */

/**
 * @typedef {object} Claim
 * @property {string} name
 * @property {string} title
 * @property {Table[]} tables
 *
 * @typedef {object} Table what is compared directly
 * @property {string} title
 * @property {string} unit
 * @property {Record<string, Contender>} contenders
 * @property {import('./goals.mjs').Goal[]} goals
 * @property {number} [rounds] where the usual number would take too long
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
 * @property {number} spread slowest round by fastest
 * @property {number[]} rounds
 * @property {string} [failure]
 */

const CHILD = new URL('./child.mjs', import.meta.url);
const CHILD_DEADLINE_MS = 180_000;

/**
 * @param {string[]} args
 * @returns {Promise<{ figures?: Record<string, number>, error?: string }>}
 */
function runChild(args) {
  return new Promise((resolve) => {
    const child = fork(CHILD, args, {
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
    spread: Math.max(...rounds) / Math.min(...rounds),
    rounds,
  };
}

/**
 * Measures a table: each contender in a fresh process, one at a time, A B C A B C …
 *
 * @param {Claim} claim
 * @param {number} tableIndex
 * @param {{ rounds: number, effort: Effort, progress: (text: string) => void }} settings
 * @returns {Promise<Row[]>}
 */
export async function measureTable(claim, tableIndex, { rounds: usual, effort, progress }) {
  const { contenders, rounds = usual, statistic = 'median' } = claim.tables[tableIndex];
  /** By contender, then by label. @type {Map<string, Map<string, number[]>>} */
  const found = new Map(Object.keys(contenders).map((name) => [name, new Map()]));
  /** @type {Map<string, string>} */
  const failures = new Map();
  for (let round = 1; round <= Math.min(rounds, usual); round++) {
    for (const name of Object.keys(contenders)) {
      if (failures.has(name)) continue;
      progress(`${claim.name}: round ${round}, ${name}`);
      const args = [claim.name, String(tableIndex), name, JSON.stringify(effort)];
      const { figures = {}, error } = await runChild(args);
      if (error !== undefined) failures.set(name, error);
      const own = found.get(name);
      for (const [label, figure] of Object.entries(figures)) {
        own?.set(label, [...(own.get(label) ?? []), figure]);
      }
    }
  }
  return [...found].flatMap(([name, own]) => {
    const failure = failures.get(name);
    if (failure !== undefined) {
      const none = { figure: Number.NaN, spread: Number.NaN, rounds: [] };
      return [{ name, contender: name, label: '', ...none, failure }];
    }
    return [...own].map(([label, measured]) => rowOf(name, label, measured, statistic));
  });
}
