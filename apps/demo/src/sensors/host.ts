import { cpus, freemem, loadavg } from 'node:os';

interface HostReading {
  readonly busyShare: number;
  readonly load: number;
  readonly freeBytes: number;
}

/** Reads how busy the machine was since the reading before. */
export function hostSensor(): () => HostReading {
  let before = cpuTimes();
  return () => {
    const now = cpuTimes();
    const passed = now.total - before.total;
    const busyShare = passed > 0 ? 1 - (now.idle - before.idle) / passed : 0;
    before = now;
    return { busyShare, load: loadavg()[0] ?? 0, freeBytes: freemem() };
  };
}

function cpuTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
