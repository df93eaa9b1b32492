// Rehearses a release: publishes every package to a registry on the loopback interface, then installs
// them as strangers would, outside of the repository. The packages must have been built.
//   node scripts/rehearse.mjs              everything
//   node scripts/rehearse.mjs pubsub wire  of the packages, only these
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { manifestOf, packer, publicPackages } from './packed.mjs';
import { checkBundles } from './rehearsal/bundles.mjs';
import { run } from './rehearsal/commands.mjs';
import { checkConsumer } from './rehearsal/consumer.mjs';
import { checkQuickStart } from './rehearsal/quick-start.mjs';
import { startRegistry } from './rehearsal/registry.mjs';
import { checkStarter } from './rehearsal/starter.mjs';

/** As many as there are processors in CI. */
const atOnce = 2;
const only = process.argv.slice(2);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rehearsal-')));
const places = publicPackages();
let faults = 0;

async function step(what, act) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const result = await act();
    console.log(`ok      ${what} (${seconds()})`);
    return result;
  } catch (error) {
    faults++;
    console.log(`FAULT   ${what} (${seconds()})\n${indented(error.message)}`);
    return undefined;
  }
}

function indented(text) {
  return text.trim().replace(/^/gm, '        ');
}

/** Runs every step, a few at a time, in order. */
async function all(steps) {
  const left = [...steps];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await step(...next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function publish(place, tarballOf, env) {
  await run('npm', ['publish', tarballOf(place), '--provenance=false'], { cwd: folder, env });
}

async function rehearse() {
  const names = places.map((place) => manifestOf(place).name);
  const registry = await step('a registry on the loopback interface', () =>
    startRegistry(join(folder, 'registry'), names),
  );
  if (registry === undefined) return;
  const { env } = registry;
  const tarballOf = packer(join(folder, 'packed'));
  await all(
    places.map((place) => [
      `${manifestOf(place).name} is published`,
      () => publish(place, tarballOf, env),
    ]),
  );
  const consumers = places.filter((place) => {
    const name = basename(place);
    return manifestOf(place).bin === undefined && (only.length === 0 || only.includes(name));
  });
  await all([
    ...consumers.map((place) => [
      `${manifestOf(place).name}: import, require, types`,
      () => checkConsumer(join(folder, 'consumers'), place, env),
    ]),
    ['a page, by esbuild and Vite', () => checkBundles(join(folder, 'page'), env)],
    ['the quick start of the README', () => checkQuickStart(join(folder, 'quick-start'), env)],
    ['npm create bus-plugin', () => checkStarter(join(folder, 'starter'), env)],
  ]);
  await registry.stop();
}

try {
  await rehearse();
  console.log(faults === 0 ? 'the release would work' : `${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
