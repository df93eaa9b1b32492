import { OURS } from './ours.mjs';

export const LIMIT = 'limit: Map look-up and call';

/** How far apart two figures may be and still count as level. */
const LEVEL = 1.1;

/** Rounds that differ by more say little. */
const UNSTEADY = 1.5;

/**
 * A figure promised, and how to tell whether it holds. All figures are "less is better".
 *
 * @typedef {object} Goal
 * @property {'must' | 'aim'} level
 * @property {string} subject what is compared
 * @property {string} bound
 * @property {string[]} rows what has to be measured
 * @property {(...figures: number[]) => { value: number, holds: boolean }} judge
 * @property {(value: number) => string} show
 */

/** @typedef {Omit<Goal, 'level'>} Figure */

/** @param {Figure} figure @returns {Goal} */
export const must = (figure) => ({ level: 'must', ...figure });

/** @param {Figure} figure @returns {Goal} */
export const aim = (figure) => ({ level: 'aim', ...figure });

/** @param {string} row @param {string} ours */
const against = (row, ours) => `${ours} against ${row}`;

const times = (value) => `${value.toFixed(2)}×`;

/**
 * At most `factor` times the figure of another row.
 *
 * @param {number} factor
 * @param {string} row
 * @returns {Figure}
 */
export function atMostTimes(factor, row = LIMIT, ours = OURS) {
  return {
    subject: against(row, ours),
    bound: `≤ ${factor}×`,
    rows: [ours, row],
    judge: (our, their) => ({ value: our / their, holds: our <= factor * their }),
    show: times,
  };
}

/**
 * At least `factor` times as fast, or as small, as another row.
 *
 * @param {number} factor
 * @param {string} row
 * @returns {Figure}
 */
export function timesBetter(factor, row, ours = OURS) {
  return {
    subject: against(row, ours),
    bound: `≥ ${factor}×`,
    rows: [ours, row],
    judge: (our, their) => ({ value: their / our, holds: their >= factor * our }),
    show: times,
  };
}

/**
 * As fast as another row, give or take a tenth.
 *
 * @param {string} row
 * @returns {Figure}
 */
export function levelWith(row, ours = OURS) {
  return {
    subject: against(row, ours),
    bound: `level (≤ ${LEVEL}×)`,
    rows: [ours, row],
    judge: (our, their) => ({ value: our / their, holds: our <= LEVEL * their }),
    show: times,
  };
}

/**
 * At most an absolute figure.
 *
 * @param {number} most
 * @param {string} unit
 * @returns {Figure}
 */
export function atMost(most, unit, ours = OURS, scale = 1) {
  return {
    subject: ours,
    bound: `≤ ${most} ${unit}`,
    rows: [ours],
    judge: (our) => ({ value: our * scale, holds: our * scale <= most }),
    show: (value) => `${value.toPrecision(3)} ${unit}`,
  };
}

/**
 * At most so much more than another row.
 *
 * @param {number} most
 * @param {string} unit
 * @param {string} row
 * @returns {Figure}
 */
export function atMostOver(most, unit, row, ours = OURS) {
  return {
    subject: `${ours} over ${row}`,
    bound: `≤ ${most} ${unit}`,
    rows: [ours, row],
    judge: (our, their) => ({ value: our - their, holds: our - their <= most }),
    show: (value) => `${value.toPrecision(3)} ${unit}`,
  };
}

/**
 * @param {Goal} goal
 * @param {import('./rounds.mjs').Row[]} rows
 */
export function judge({ level, subject, bound, rows: names, judge: compare, show }, rows) {
  const compared = names.map((name) => rows.find((row) => row.name === name));
  const figures = compared.map((row) => row?.figure ?? Number.NaN);
  const goal = { level, subject, bound };
  if (figures.some(Number.isNaN)) return { ...goal, measured: '', verdict: 'not measured' };
  const { value, holds } = compare(...figures);
  const verdict = holds ? 'reached' : 'NOT REACHED';
  const unsteady = compared.some((row) => row !== undefined && row.spread > UNSTEADY);
  return { ...goal, value, measured: show(value), verdict, unsteady };
}
