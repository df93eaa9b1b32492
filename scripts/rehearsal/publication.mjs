// The release itself, as `pnpm run release` does it after its checks, in a copy of the repository.
import { join } from 'node:path';
import read from '@changesets/read';
import { commitAll } from '../copy.mjs';
import { scope } from '../packed.mjs';
import { output, run } from './commands.mjs';

const repository = 'rehearsal/fork';

/**
 * Turns the changesets that wait into versions, since a release is refused while there are any: as the
 * script `version` does, but for the lockfile, in which no version of ours stands.
 * @param {string} copy the repository
 * @returns {Promise<number>} how many there were
 */
export async function makeVersions(copy) {
  const { length } = await read(copy);
  if (length === 0) return 0;
  await run(join(copy, 'node_modules/.bin/changeset'), ['version'], { cwd: copy });
  commitAll(copy);
  return length;
}

/**
 * Publishes what the registry does not have yet.
 * @param {string} copy the repository
 * @param {{ env: NodeJS.ProcessEnv, url: string }} registry
 * @returns {Promise<string>} what was printed
 */
export async function publish(copy, { env, url }) {
  const pnpm = join(copy, 'node_modules/.bin/pnpm');
  const asked = (await output(pnpm, ['config', 'get', 'registry'], { cwd: copy, env })).trim();
  // Nothing may ever go to another one.
  if (asked !== url) throw new Error(`pnpm would publish to ${asked}, which is not ${url}`);
  return output(process.execPath, ['scripts/publish.mjs'], {
    cwd: copy,
    env: {
      ...env,
      GITHUB_REPOSITORY: repository,
      PATH: `${join(copy, 'node_modules/.bin')}:${env.PATH}`,
    },
  });
}

/**
 * What was published says which repository it is of, and nothing that means something only here.
 * @param {string[]} names
 * @param {{ url: string }} registry
 */
export async function checkPublished(names, { url }) {
  for (const name of names) {
    const response = await fetch(`${url}${name.replace('/', '%2f')}`);
    const { versions, 'dist-tags': tags } = await response.json();
    const manifest = versions[tags.latest];
    const text = JSON.stringify(manifest);
    if (!manifest.repository?.url.includes(repository))
      throw new Error(`${name} has no repository`);
    for (const left of ['workspace:', 'catalog:', `${scope}source`]) {
      if (text.includes(left)) throw new Error(`${name} says '${left}' in what is published`);
    }
  }
}
