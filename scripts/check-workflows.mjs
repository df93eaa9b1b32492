// Checks the workflows of this repository and those the starter writes: syntax, expressions, and that
// every script they run exists. The packages must have been built.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestOf, root } from './packed.mjs';
import { actionFaults, workflowFaults } from './workflows/faults.mjs';

const folder = mkdtempSync(join(tmpdir(), 'workflows-'));

/** A package as the starter writes it. */
function started() {
  const starter = join(root, 'packages/create-bus-plugin/dist/bin.js');
  const args = [starter, 'bus-plugin-sample', '--yes'];
  execFileSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return join(folder, 'bus-plugin-sample');
}

/** The files of a folder that are called so, at any depth. */
function filesIn(place, folder, pattern) {
  const from = join(place, folder);
  const paths = existsSync(from) ? readdirSync(from, { recursive: true }) : [];
  return paths
    .filter((path) => pattern.test(path))
    .map((path) => ({ name: path, content: readFileSync(join(from, path), 'utf8') }));
}

async function faultsIn(place) {
  const manifest = manifestOf(place);
  const workflows = filesIn(place, '.github/workflows', /\.ya?ml$/);
  const actions = filesIn(place, '.github/actions', /action\.ya?ml$/);
  const faults = await Promise.all([
    ...workflows.map((file) => workflowFaults(file, manifest)),
    ...actions.map((file) => actionFaults(file, manifest)),
  ]);
  return { count: workflows.length + actions.length, faults: faults.flat() };
}

try {
  const found = await Promise.all([root, started()].map(faultsIn));
  const faults = found.flatMap((each) => each.faults);
  for (const fault of faults) console.error(fault);
  const count = found.reduce((sum, each) => sum + each.count, 0);
  console.log(
    `${count} workflows and actions: ${faults.length === 0 ? 'all is well' : `${faults.length} faults`}`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
