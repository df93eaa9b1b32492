// Renames the scope in a copy of this repository, and uses the copy: it is installed from its lockfile,
// linted, and some of it is built, type-checked and tested. It takes half a minute on two processors.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitAll, copyRepository } from './copy.mjs';
import { run, scope } from './packed.mjs';

const to = '@acme';
const from = scope.slice(0, -1);
const folder = mkdtempSync(join(tmpdir(), 'rename-'));
const copy = join(folder, 'copy');

const built = '--filter=create-bus-plugin';
const typed = `--filter=${to}/pubsub`;
const tested = ['create-bus-plugin', 'pubsub'].flatMap((name) => ['--project', name]);

function step(what, act) {
  const started = performance.now();
  act();
  console.log(`ok ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

const tool = (name) => join(copy, 'node_modules/.bin', name);
const turbo = (task, filter) =>
  run(tool('pnpm'), ['exec', 'turbo', 'run', task, filter, '--output-logs=errors-only'], copy);

function renames(...args) {
  const script = join(copy, 'scripts/rename-scope.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  return { isDone: status === 0, said: stderr };
}

function mustRefuse(what, ...args) {
  const { isDone, said } = renames(...args);
  if (isDone || said === '') throw new Error(`${what} was not refused`);
}

function mustBeGone() {
  const { stdout } = spawnSync('git', ['grep', '-nE', `${from}([^a-zA-Z0-9_-]|$)`], {
    cwd: copy,
    encoding: 'utf8',
  });
  if (stdout !== '') throw new Error(`${from} is left:\n${stdout}`);
  const name = execFileSync('git', ['grep', '-l', `"name": "${to}/core"`], { cwd: copy });
  if (name.length === 0) throw new Error(`there is no ${to}/core`);
}

try {
  step('a copy is made', () => copyRepository(copy));
  step('a bad scope is refused, and changes that are not committed are', () => {
    mustRefuse('a scope with capitals', '@Acme');
    appendFileSync(join(copy, 'README.md'), '\n');
    mustRefuse('a dirty working tree', to);
    run('git', ['checkout', '--quiet', '.'], copy);
  });
  step(`${from} is renamed to ${to}`, () => {
    const { isDone, said } = renames(to);
    if (!isDone) throw new Error(said);
    commitAll(copy);
    mustBeGone();
  });
  step('it installs from its lockfile', () =>
    run(tool('pnpm'), ['install', '--frozen-lockfile'], copy),
  );
  step('it is linted', () => {
    run(tool('biome'), ['check', '.'], copy);
    run(tool('sherif'), [], copy);
  });
  step('the starter and what it is built on are built', () => turbo('build', built));
  step('a plugin is type-checked', () => turbo('typecheck', typed));
  step('both are tested', () => run(tool('vitest'), ['run', '--reporter=dot', ...tested], copy));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
