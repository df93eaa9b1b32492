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
 * @param {string} unit
 * @param {Row[]} rows
 */
export function figureTable(unit, rows) {
  const figureOf = (name) => rows.find((row) => row.name === name)?.figure ?? Number.NaN;
  const limit = figureOf(LIMIT);
  const ours = figureOf(OURS);
  /** @type {Array<[string, (row: Row) => string]>} */
  const columns = [
    ['', (row) => row.name],
    [unit, (row) => amount(row.figure)],
    ['× limit', (row) => ratio(row.figure / limit)],
    [`× ${OURS}`, (row) => ratio(row.figure / ours)],
    ['spread', (row) => ratio(row.spread)],
    ['', (row) => row.failure ?? ''],
  ];
  const lines = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, cell]) => cell(row))),
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
