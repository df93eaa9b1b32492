import { readFileSync } from 'node:fs';

/** Of the kernel's figures in /proc; 100 on every Linux. */
const TICKS_PER_SECOND = 100;

/** Processor time this process has used, in nanoseconds. */
export function ownCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/**
 * Processor time another process has used, in nanoseconds; NaN where the platform does not say.
 *
 * @param {number | undefined} pid
 */
export function cpuOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may itself have spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1e9) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}
