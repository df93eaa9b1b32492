// node bench/readme.mjs figures.json…   writes what `run.mjs --json` measured into README.md
import { readFileSync, writeFileSync } from 'node:fs';
import { OURS } from './lib/ours.mjs';
import { measuredOf } from './lib/print.mjs';

const README = new URL('./README.md', import.meta.url);
/** Whose figures come first: those that are quoted. */
const CHIEF = '24';
const OTHERS = ['20', '22', '26'];
const MAJORS = [CHIEF, ...OTHERS];
const NONE = '–';

/**
 * What is known of one comparison.
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {string[]} must
 * @property {string[]} aim
 * @property {Map<string, { measured: string, verdicts: Record<string, string> }>} byNode by major version
 */

/** @param {string} version */
const majorOf = (version) => version.split('.', 1)[0];

/** @param {string[]} paths */
function reportsIn(paths) {
  return paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
}

/**
 * A line for each thing that is compared, as its `must` and its `aim` stand together.
 *
 * @param {any[]} reports later ones replace what earlier ones say of the same
 * @param {string} group
 */
function linesOf(reports, group) {
  /** @type {Map<string, Line>} */
  const lines = new Map();
  const own = reports.flatMap(({ claims }) => claims).filter((claim) => claim.group === group);
  for (const { name, tables } of own) {
    for (const { short, measured } of tables) {
      const place = short === undefined ? `\`${name}\`` : `\`${name}\`, ${short}`;
      for (const { node, goals } of measured) {
        for (const goal of goals) addTo(lines, place, majorOf(node), goal);
      }
    }
  }
  return [...lines.values()];
}

/**
 * @param {Map<string, Line>} lines
 * @param {string} place
 * @param {string} node
 * @param {any} goal
 */
function addTo(lines, place, node, goal) {
  const { level, subject, bound, verdict } = goal;
  const name = `${place}: ${subject.replace(`${OURS} against`, 'against')}`;
  const line = lines.get(name) ?? { name, must: [], aim: [], byNode: new Map() };
  lines.set(name, line);
  if (!line[level].includes(bound)) line[level].push(bound);
  const verdicts = { ...line.byNode.get(node)?.verdicts, [level]: verdict };
  line.byNode.set(node, { measured: measuredOf(goal), verdicts });
}

/** Bold what misses its `must`, in italics what misses only its `aim`. @param {Line} line @param {string} major */
function cell({ byNode }, major) {
  const { measured, verdicts } = byNode.get(major) ?? {};
  if (measured === undefined || measured === '') return NONE;
  if (verdicts?.must === 'NOT REACHED') return `**${measured}**`;
  return verdicts?.aim === 'NOT REACHED' ? `_${measured}_` : measured;
}

/** @param {string[][]} rows the first is the head */
function markdownTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const text = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [text(rows[0]), rule, ...rows.slice(1).map(text)].join('\n');
}

/** @param {any[]} reports @param {string} group */
function section(reports, group) {
  const lines = linesOf(reports, group);
  if (lines.length === 0) return undefined;
  const measured = reports.filter(({ claims }) => claims.some((claim) => claim.group === group));
  const { machine, rounds, effort } = measured[measured.length - 1];
  const caution = effort.quick ? ' (`--quick`: for looking, not for quoting)' : '';
  const versions = [
    ...new Set(measured.flatMap((report) => report.machine.nodes.map(({ version }) => version))),
  ];
  const loads = [machine.loadBefore, machine.loadAfter].map((load) => load.toFixed(1));
  const head = ['claim', 'must', 'aim', ...MAJORS.map((major) => `Node ${major}`)];
  const rows = lines.map((line) => [
    line.name.replaceAll('|', '\\|'),
    line.must.join(', '),
    line.aim.join(', '),
    ...MAJORS.map((major) => cell(line, major)),
  ]);
  return [
    `Node ${versions.join(', ')}; ${machine.cores} cores, load ${loads.join(' to ')}; medians of ${rounds} rounds${caution}.`,
    markdownTable([head, ...rows]),
  ].join('\n\n');
}

const paths = process.argv.slice(2);
if (paths.length === 0) {
  process.stderr.write('usage: node bench/readme.mjs figures.json…\n');
  process.exit(2);
}
const reports = reportsIn(paths);
let readme = readFileSync(README, 'utf8');
for (const group of ['kernel', 'links', 'plugins']) {
  const written = section(reports, group);
  if (written === undefined) continue;
  const between = new RegExp(`(<!-- figures: ${group} -->\n)[^]*?(<!-- end -->)`);
  if (!between.test(readme)) throw new Error(`README.md has no place for figures of ${group}`);
  readme = readme.replace(between, (_, start, end) => `${start}\n${written}\n\n${end}`);
}
writeFileSync(README, readme);
