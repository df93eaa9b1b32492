import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Says in manifests which repository they are of: provenance needs it, and every fork has another, so
 * it stands nowhere but in what is published.
 * @param {string} root the repository
 * @param {string[]} folders of packages, relative to it
 * @param {NodeJS.ProcessEnv} env GITHUB_REPOSITORY says `owner/name`; without it nothing is done
 * @returns {() => void} puts the manifests back as they were
 */
export function fillInRepository(root, folders, env) {
  const { GITHUB_REPOSITORY: name, GITHUB_SERVER_URL: server = 'https://github.com' } = env;
  if (name === undefined) return () => undefined;
  const before = folders.map((folder) => {
    const path = join(root, folder, 'package.json');
    const text = readFileSync(path, 'utf8');
    const repository = { type: 'git', url: `git+${server}/${name}.git`, directory: folder };
    writeFileSync(path, `${JSON.stringify({ ...JSON.parse(text), repository }, null, 2)}\n`);
    return { path, text };
  });
  return () => {
    for (const { path, text } of before) writeFileSync(path, text);
  };
}
