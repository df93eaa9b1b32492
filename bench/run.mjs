// node bench/run.mjs [claims…] [--json] [--quick] [--list]
import { readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { judge } from './lib/goals.mjs';
import { installPeers } from './lib/install.mjs';
import { figureTable, goalTable } from './lib/print.mjs';
import { measureTable } from './lib/rounds.mjs';

const THOROUGH = { quick: false, warmMs: 400, sampleMs: 80, samples: 5 };
const QUICK = { quick: true, warmMs: 200, sampleMs: 40, samples: 3 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});

const known = readdirSync(new URL('./claims', import.meta.url))
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));

const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such claim: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}
if (options.list) {
  process.stdout.write(`${known.join('\n')}\n`);
  process.exit(0);
}

installPeers();

const effort = options.quick ? QUICK : THOROUGH;
const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));

/** @param {string} text */
function say(text) {
  if (!options.json) process.stdout.write(`${text}\n`);
}

/** @param {string} text */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** @param {import('./lib/rounds.mjs').Claim} claim */
async function runClaim(claim) {
  say(`\n## ${claim.name}: ${claim.title}`);
  const tables = [];
  for (const [index, table] of claim.tables.entries()) {
    const { title, unit, goals, notes = [] } = table;
    const rows = await measureTable(claim, index, { rounds, effort, progress });
    progress('');
    const verdicts = goals.map((goal) => judge(goal, rows));
    say(`\n${title}\n${figureTable(table, rows)}`);
    for (const note of notes) say(`  ${note}`);
    if (verdicts.length > 0) say(`\n${goalTable(verdicts)}`);
    tables.push({ title, unit, rows, goals: verdicts, notes });
  }
  return { name: claim.name, title: claim.title, tables };
}

const machine = {
  node: process.version,
  v8: process.versions.v8,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  loadBefore: loadavg()[0],
};
say(`node ${machine.node}, ${machine.cores} × ${machine.cpu}, load ${machine.loadBefore}`);
say(`each contender in a process of its own, ${rounds} rounds in turn, medians`);

const claims = [];
for (const name of positionals.length > 0 ? positionals : known) {
  const { default: claim } = await import(`./claims/${name}.mjs`);
  claims.push(await runClaim(claim));
}

const verdicts = claims.flatMap(({ name, tables }) =>
  tables.flatMap(({ goals }) => goals.map((goal) => ({ claim: name, ...goal }))),
);
const open = verdicts.filter(({ verdict }) => verdict !== 'reached');
const count = (level) => {
  const all = verdicts.filter((goal) => goal.level === level);
  return `${all.filter(({ verdict }) => verdict === 'reached').length} of ${all.length} ${level}`;
};
say(`\n## reached: ${count('must')}, ${count('aim')}; load at the end ${loadavg()[0]}`);
if (open.length > 0)
  say(goalTable(open.map((goal) => ({ ...goal, text: `${goal.claim}: ${goal.text}` }))));

if (options.json) {
  const report = { machine: { ...machine, loadAfter: loadavg()[0] }, rounds, effort, claims };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}
