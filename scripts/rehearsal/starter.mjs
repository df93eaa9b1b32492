// `npm create bus-plugin`, as it is typed.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { manifestOf } from '../packed.mjs';
import { run } from './commands.mjs';

/**
 * Starts a plugin. What becomes of it is `check-starter.mjs`'s to check.
 * @param {string} at a new folder
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkStarter(at, env) {
  mkdirSync(at, { recursive: true });
  const asked = ['bus-plugin-audit', '--', '--yes'];
  await run('npm', ['create', '--yes', 'bus-plugin', ...asked], { cwd: at, env });
  const { name } = manifestOf(join(at, 'bus-plugin-audit'));
  if (name !== 'bus-plugin-audit') throw new Error(`it is called ${name}`);
}
