// The release itself, as `pnpm run release` does it after its checks, in a copy of the repository.
import { join } from 'node:path';
import { scope } from '../packed.mjs';
import { output } from './commands.mjs';

const repository = 'rehearsal/fork';

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
