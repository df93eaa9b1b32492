import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Runs npm, that of the running Node where it has one.
 *
 * @param {string[]} args
 * @param {string} cwd
 */
export function npm(args, cwd) {
  const beside = join(dirname(process.execPath), 'npm');
  const onWindows = process.platform === 'win32';
  const command = !onWindows && existsSync(beside) ? beside : 'npm';
  const { status } = spawnSync(command, [...args, '--no-audit', '--no-fund'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: onWindows,
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${cwd}`);
}
