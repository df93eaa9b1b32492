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

const NUMERIC = /^[~-]?[\d.,]+[×%]?( \([\d.,]+×\))?$|^–$/;

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

/**
 * A column for each Node: figures, and in brackets how many times ours they are.
 *
 * @param {Pick<import('./rounds.mjs').Table, 'unit' | 'beside'>} table
 * @param {string[]} versions
 * @param {Row[][]} rowsOfNodes
 */
export function nodesTable({ unit, beside = [] }, versions, rowsOfNodes) {
  const names = [...new Set(rowsOfNodes.flatMap((rows) => rows.map(({ name }) => name)))];
  /** @param {string} name @param {Row[]} rows */
  const cell = (name, rows) => {
    const row = rows.find((other) => other.name === name);
    if (row === undefined || Number.isNaN(row.figure)) return row?.failure ?? '–';
    const ours = rows.find((other) => other.name === OURS)?.figure ?? Number.NaN;
    if (beside.includes(row.label) || Number.isNaN(ours)) return amount(row.figure);
    return `${amount(row.figure)} (${ratio(row.figure / ours)})`;
  };
  const head = [`${unit} (× ${OURS})`, ...versions.map((version) => `Node ${version}`)];
  return aligned([head, ...names.map((name) => [name, ...rowsOfNodes.map((r) => cell(name, r))])]);
}

/** @typedef {ReturnType<typeof import('./goals.mjs').judge>} Verdict */

/** @param {Verdict} verdict */
const textOf = ({ level, subject, bound }) => `${level.padEnd(4)}  ${subject} ${bound}`;

/** A tilde where rounds differed so much that the figure says little. @param {Verdict} verdict */
export const measuredOf = ({ measured, unsteady }) => (unsteady ? `~${measured}` : measured);

/**
 * A line for each goal; with several Nodes a column for each.
 *
 * @param {string[]} versions
 * @param {Verdict[][]} verdictsOfNodes the same goals for each Node
 */
export function goalTable(versions, verdictsOfNodes) {
  const [first = []] = verdictsOfNodes;
  if (first.length === 0) return '';
  if (versions.length === 1) {
    return aligned(first.map((each) => [textOf(each), measuredOf(each), each.verdict]));
  }
  const cell = (verdict) => `${measuredOf(verdict)} ${verdict.verdict}`.trim();
  return aligned([
    ['', ...versions.map((version) => `Node ${version}`)],
    ...first.map((each, goal) => [textOf(each), ...verdictsOfNodes.map((all) => cell(all[goal]))]),
  ]);
}
