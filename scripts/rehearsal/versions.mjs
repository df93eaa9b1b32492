// The next minor version of the kernel, beside plugins that were published before it.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf, scope } from '../packed.mjs';
import { output, run } from './commands.mjs';
import { makeVersions, publish } from './publication.mjs';

const kernel = `${scope}core`;
const changeset = `---\n"${kernel}": minor\n---\n\nThe kernel does more.\n`;

/**
 * Makes a version of the kernel only, and publishes it only.
 * @param {string} copy the repository
 * @param {{ env: NodeJS.ProcessEnv, url: string }} registry
 * @returns {Promise<string>} the version
 */
export async function publishNextKernel(copy, registry) {
  const before = versionsIn(copy);
  writeFileSync(join(copy, '.changeset/rehearsal.md'), changeset);
  const isPublished = await publish(copy, registry).then(
    () => true,
    () => false,
  );
  if (isPublished) throw new Error('it published while a changeset waited for a version');
  await makeVersions(copy);
  const raised = [...versionsIn(copy)].filter(([name, version]) => before.get(name) !== version);
  if (raised.length !== 1 || raised[0][0] !== kernel) {
    throw new Error(`raised are ${raised.map((each) => each.join(' ')).join(', ')}`);
  }
  const printed = await publish(copy, registry);
  const published = [...printed.matchAll(/New tag: +(\S+)/g)].map(([, tag]) => tag);
  const [[, version]] = raised;
  if (published.join() !== `${kernel}@${version}`) throw new Error(`it published\n${printed}`);
  return version;
}

function versionsIn(copy) {
  const manifests = readdirSync(join(copy, 'packages')).map((name) =>
    manifestOf(join(copy, 'packages', name)),
  );
  return new Map(manifests.map(({ name, version }) => [name, version]));
}

/**
 * Installs the new kernel with every plugin of before: there is one kernel, no peer is in the way, and
 * a program that uses them runs.
 * @param {string} at a new folder
 * @param {string} version the new kernel's
 * @param {string[]} names of the packages published before
 */
export async function checkOldPlugins(at, version, names, { env }) {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{ "private": true, "type": "module" }\n');
  const plugins = names.filter((name) => name.startsWith(scope) && name !== kernel);
  await run('npm', ['install', '--strict-peer-deps', `${kernel}@${version}`, ...plugins], {
    cwd: at,
    env,
  });
  const listed = JSON.parse(
    await output('npm', ['ls', kernel, '--all', '--json'], { cwd: at, env }),
  );
  const found = new Set(kernelsIn(listed));
  if ([...found].join() !== version) throw new Error(`kernels are ${[...found].join(', ')}`);
  const program = `
import { createBus } from '${kernel}';
import { pubsub } from '${scope}pubsub';
const bus = await createBus().use(pubsub()).start();
bus.subscribe('a', ({ payload }) => console.log(payload));
await bus.publish('a', 'arrived');
await bus.stop();
`;
  writeFileSync(join(at, 'program.js'), program);
  const printed = await output(process.execPath, ['program.js'], { cwd: at, env });
  if (printed !== 'arrived\n') throw new Error(`it printed ${printed}`);
}

function kernelsIn({ dependencies = {} }) {
  return Object.entries(dependencies).flatMap(([name, dependency]) => [
    ...(name === kernel ? [dependency.version] : []),
    ...kernelsIn(dependency),
  ]);
}
