import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * Keeps a process's main thread on one core. Waking a process on the same core is several times
 * faster than on another; without this the scheduler decides which it is, anew in every round. Does
 * nothing where there is no `taskset`.
 *
 * @param {number} pid
 * @param {number} core
 */
export function pin(pid, core) {
  const args = ['--cpu-list', '--pid', String(core % cpus().length), String(pid)];
  spawnSync('taskset', args, { stdio: 'ignore' });
}
