import { LIMIT } from './goals.mjs';
import { OURS } from './ours.mjs';

/** @typedef {import('./rounds.mjs').Row} Row */

/** @param {number} value */
export function amount(value) {
  if (Number.isNaN(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

/** @param {number} value */
function ratio(value) {
  if (Number.isNaN(value)) return '';
  return value >= 10 ? `${amount(value)}×` : `${value.toFixed(2)}×`;
}

const NUMERIC = /^[\d.,]+[×%]?$|^–$/;

/**
 * Columns as wide as their widest cell, numbers to the right.
 *
 * @param {string[][]} lines
 */
function aligned(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isNumeric = widths.map((_, column) =>
    lines.some((line) => column > 0 && NUMERIC.test(line[column])),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          isNumeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * @param {Pick<import('./rounds.mjs').Table, 'unit' | 'beside' | 'perSecond'>} table
 * @param {Row[]} rows
 */
export function figureTable({ unit, beside = [], perSecond }, rows) {
  const named = (name) => rows.find((row) => row.name === name)?.figure ?? Number.NaN;
  const limit = named(LIMIT);
  const ours = named(OURS);
  const isBeside = ({ label }) => beside.includes(label);
  // A contender that has nothing but columns still needs a row to have them in.
  const shown = rows.filter(
    (row) => !isBeside(row) || row === rows.find(({ contender }) => contender === row.contender),
  );
  const besideOf = (label) => (row) => {
    const found = rows.find((other) => other.contender === row.contender && other.label === label);
    return found === undefined ? '' : amount(found.figure);
  };
  const chief = (cell) => (row) => (isBeside(row) ? '' : cell(row));
  /** @type {Array<[string, (row: Row) => string]>} */
  const columns = [
    ['', (row) => (isBeside(row) ? row.contender : row.name)],
    [unit, chief((row) => amount(row.figure))],
    ['a second', (row) => (perSecond === undefined ? '' : amount(perSecond / row.figure))],
    ['× limit', chief((row) => ratio(row.figure / limit))],
    [`× ${OURS}`, chief((row) => ratio(row.figure / ours))],
    ['spread', chief((row) => ratio(row.spread))],
    ...beside.map((label) => /** @type {const} */ ([`${label}`, besideOf(label)])),
    ['', (row) => row.failure ?? ''],
  ];
  const lines = [
    columns.map(([title]) => title),
    ...shown.map((row) => columns.map(([, cell]) => cell(row))),
  ];
  const filled = columns.map((_, column) => lines.slice(1).some((line) => line[column] !== ''));
  return aligned(lines.map((line) => line.filter((_, column) => filled[column])));
}

/** @param {Array<ReturnType<typeof import('./goals.mjs').judge>>} verdicts */
export function goalTable(verdicts) {
  if (verdicts.length === 0) return '';
  return aligned(
    verdicts.map(({ level, text, measured = '', verdict }) => [
      `${level.padEnd(4)}  ${text}`,
      measured,
      verdict,
    ]),
  );
}
