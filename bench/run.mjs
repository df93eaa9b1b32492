// node bench/run.mjs [claims or groups…] [--node 20|22|24|26|all|path] [--quick] [--save file] [--json] [--list]
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { judge } from './lib/goals.mjs';
import { installPeers } from './lib/install.mjs';
import { chosenNodes } from './lib/nodes.mjs';
import { figureTable, goalTable, nodesTable } from './lib/print.mjs';
import { measureTable } from './lib/rounds.mjs';

const THOROUGH = { quick: false, warmMs: 400, sampleMs: 80, samples: 5 };
const QUICK = { quick: true, warmMs: 200, sampleMs: 40, samples: 3 };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string' },
    save: { type: 'string' },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});

/** @param {string} message @returns {never} */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

installPeers();

const files = readdirSync(new URL('./claims', import.meta.url)).filter((f) => f.endsWith('.mjs'));
/** @type {import('./lib/rounds.mjs').Claim[]} */
const known = await Promise.all(
  files.map(async (file) => (await import(`./claims/${file}`)).default),
);
const isNamed = (claim) => positionals.includes(claim.name) || positionals.includes(claim.group);
const names = known.flatMap(({ name, group }) => [name, group]);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) refuse(`no such claim or group: ${unknown.join(', ')}; see --list`);
if (options.list) {
  for (const { name, group, title } of known) {
    process.stdout.write(`${group.padEnd(8)} ${name.padEnd(16)} ${title}\n`);
  }
  process.exit(0);
}
const chosen = positionals.length === 0 ? known : known.filter(isNamed);

/** @type {import('./lib/nodes.mjs').Node[]} */
let nodes = [];
try {
  nodes = chosenNodes(options.node);
} catch (error) {
  refuse(/** @type {Error} */ (error).message);
}
const versions = nodes.map(({ version }) => version);
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
  const { name, title, group } = claim;
  say(`\n## ${name}: ${title}`);
  const tables = [];
  for (const [index, table] of claim.tables.entries()) {
    const { unit, goals, notes = [] } = table;
    const rows = await measureTable(claim, index, { nodes, rounds, effort, progress });
    progress('');
    const verdicts = rows.map((own) => goals.map((goal) => judge(goal, own)));
    const figures =
      nodes.length === 1 ? figureTable(table, rows[0]) : nodesTable(table, versions, rows);
    say(`\n${table.title}\n${figures}`);
    for (const note of notes) say(`  ${note}`);
    if (goals.length > 0) say(`\n${goalTable(versions, verdicts)}`);
    const measured = versions.map((node, of) => ({ node, rows: rows[of], goals: verdicts[of] }));
    tables.push({ title: table.title, short: table.short, unit, notes, measured });
  }
  return { name, title, group, tables };
}

const machine = {
  nodes: nodes.map(({ version, v8 }) => ({ version, v8 })),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  loadBefore: loadavg()[0],
};
say(`node ${versions.join(', ')}; ${machine.cores} × ${machine.cpu}, load ${machine.loadBefore}`);
say(`each contender in a process of its own, ${rounds} rounds in turn, medians`);

const claims = [];

function report() {
  const measured = { machine: { ...machine, loadAfter: loadavg()[0] }, rounds, effort, claims };
  return `${JSON.stringify(measured, null, 2)}\n`;
}

for (const claim of chosen) {
  claims.push(await runClaim(claim));
  // After each one: a run takes long, and what it has found should outlive it.
  if (options.save !== undefined) writeFileSync(options.save, report());
}

/** The verdicts of one Node, the names of claim and table before each. @param {number} of */
const verdictsOf = (of) =>
  claims.flatMap(({ name, tables }) =>
    tables.flatMap(({ short, measured }) => {
      const place = short === undefined ? name : `${name}, ${short}`;
      return measured[of].goals.map((goal) => ({ ...goal, subject: `${place}: ${goal.subject}` }));
    }),
  );

say(`\n## reached; load at the end ${loadavg()[0]}`);
const all = nodes.map((_, of) => verdictsOf(of));
for (const [of, version] of versions.entries()) {
  const reached = (level) => {
    const own = all[of].filter((goal) => goal.level === level);
    return `${own.filter(({ verdict }) => verdict === 'reached').length} of ${own.length} ${level}`;
  };
  say(`Node ${version}: ${reached('must')}, ${reached('aim')}`);
}
const isOpen = all[0].map((_, goal) => all.some((own) => own[goal].verdict !== 'reached'));
if (isOpen.includes(true)) {
  const open = all.map((own) => own.filter((_, goal) => isOpen[goal]));
  say(`\nnot reached, or not by all:\n${goalTable(versions, open)}`);
}

if (options.json) process.stdout.write(report());
