// Rehearses a release: publishes every package to a registry on the loopback interface, then installs
// them as strangers would, outside of the repository. The packages must have been built.
//   node scripts/rehearse.mjs              everything but the versions of Node
//   node scripts/rehearse.mjs pubsub wire  of the packages, only these
//   node scripts/rehearse.mjs --node       the test command on every supported version of Node
//   node scripts/rehearse.mjs --node=22    on one
//   node scripts/rehearse.mjs --all        both
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { copyRepository } from './copy.mjs';
import { manifestOf, publicPackages } from './packed.mjs';
import { checkBundles } from './rehearsal/bundles.mjs';
import { checkConsumer } from './rehearsal/consumer.mjs';
import { majors, testOnNode } from './rehearsal/nodes.mjs';
import { checkPublished, makeVersions, publish } from './rehearsal/publication.mjs';
import { checkQuickStart } from './rehearsal/quick-start.mjs';
import { startRegistry } from './rehearsal/registry.mjs';
import { checkStarter } from './rehearsal/starter.mjs';
import { all, faultCount, step } from './rehearsal/steps.mjs';
import { checkOldPlugins, publishNextKernel } from './rehearsal/versions.mjs';

const given = process.argv.slice(2);
const only = given.filter((word) => !word.startsWith('--'));
const node = given.find((word) => /^--(node|all)\b/.test(word));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rehearsal-')));
const copy = join(folder, 'copy');
const places = publicPackages();
const names = places.map((place) => manifestOf(place).name);

/** What strangers do, each in a folder of its own. */
function strangers({ env }) {
  const consumers = places.filter((place) => {
    const name = basename(place);
    return manifestOf(place).bin === undefined && (only.length === 0 || only.includes(name));
  });
  return [
    ...consumers.map((place) => [
      `${manifestOf(place).name}: import, require, types`,
      () => checkConsumer(join(folder, 'consumers'), place, env),
    ]),
    ['a page, by esbuild and Vite', () => checkBundles(join(folder, 'page'), env)],
    ['the quick start of the README', () => checkQuickStart(join(folder, 'quick-start'), env)],
    ['npm create bus-plugin', () => checkStarter(join(folder, 'starter'), env)],
  ];
}

async function rehearseRelease() {
  const registry = await step('a registry on the loopback interface', () =>
    startRegistry(join(folder, 'registry'), names),
  );
  if (registry === undefined) return;
  try {
    const waiting = await step('changesets become versions', () => makeVersions(copy));
    if (waiting === undefined) return;
    const isPublished = await step(`${names.length} packages are published`, async () => {
      await publish(copy, registry);
      await checkPublished(names, registry);
      return true;
    });
    if (!isPublished) return;
    await all(strangers(registry));
    const version = await step('the next kernel is published, and nothing else', () =>
      publishNextKernel(copy, registry),
    );
    if (version === undefined) return;
    await step(`the plugins of before run with the kernel ${version}`, () =>
      checkOldPlugins(join(folder, 'old-plugins'), version, names, registry),
    );
  } finally {
    await registry.stop();
  }
}

async function rehearseNodes() {
  const [, chosen] = node.split('=');
  for (const major of chosen === undefined ? majors : [Number(chosen)]) {
    await step(`the test command on Node ${major}`, async () => {
      const { version, passed, failed, skipped } = await testOnNode(
        major,
        copy,
        join(folder, `node-${major}`),
      );
      console.log(`        ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    });
  }
}

try {
  await step('a copy of the repository', () => copyRepository(copy, { isBuilt: true }));
  if (faultCount() === 0 && !node?.startsWith('--node')) await rehearseRelease();
  if (faultCount() === 0 && node !== undefined) await rehearseNodes();
  const faults = faultCount();
  console.log(faults === 0 ? 'the release would work' : `${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
