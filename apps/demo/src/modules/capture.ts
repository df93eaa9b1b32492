import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import { stamp } from '../clock.ts';
import type { Workspace } from '../contract.ts';
import { hostSensor } from '../sensors/host.ts';
import { watchTree } from '../sensors/watch-tree.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

const tickMs = 2;
const hostEveryMs = 100;
/** CPU, memory and event loop are read together. */
const eventsPerBurst = 3;

/** Publishes what really happens: file-system events of a folder, and readings of this process. */
export function capture(
  bus: Bus<Workspace, PubSub>,
  options: { readonly dir: string; readonly eventsPerSecond: number },
): Module {
  const cpu = bus.publisher('raw.cpu.sample');
  const memory = bus.publisher('raw.memory.sample', { priority: 'low' });
  const loop = bus.publisher('raw.loop.sample', { priority: 'high' });
  const host = bus.publisher('raw.host.sample');
  let { eventsPerSecond } = options;
  let watcher: ReturnType<typeof watchTree> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let hostTimer: NodeJS.Timeout | undefined;

  const burst = (delayMs: number, utilization: number): void => {
    const { user, system } = process.cpuUsage();
    cpu({ at: stamp(), userUs: user, systemUs: system });
    const { rss, heapUsed } = process.memoryUsage();
    memory({ at: stamp(), rssBytes: rss, heapUsedBytes: heapUsed });
    loop({ at: stamp(), delayMs, utilization });
  };

  const sample = (): void => {
    let last = performance.now();
    let busy = performance.eventLoopUtilization();
    let owed = 0;
    const tick = (): void => {
      const now = performance.now();
      const delayMs = Math.max(0, now - last - tickMs);
      const { utilization } = performance.eventLoopUtilization(busy);
      busy = performance.eventLoopUtilization();
      // After a stall the readings it delayed are made up for, up to half a second's worth.
      const perMs = eventsPerSecond / eventsPerBurst / 1000;
      owed = Math.min(owed + (now - last) * perMs, 500 * perMs);
      last = now;
      for (; owed >= 1; owed--) burst(delayMs, utilization);
      timer = setTimeout(tick, tickMs);
    };
    tick();
  };

  bus.subscribe('config.changed', (message) => {
    eventsPerSecond = message.payload.eventsPerSecond;
  });

  answerOrchestrator(bus, 'capture', {
    note: () => `${eventsPerSecond} readings/s, ${watcher?.note() ?? 'not watching'}`,
    finish: () => {
      clearTimeout(timer);
      clearInterval(hostTimer);
      watcher?.close();
    },
  });

  return {
    name: 'capture',
    start() {
      watcher = watchTree(options.dir, (path, change) => {
        bus.publish(
          'raw.fs.changed',
          { at: stamp(), path, change },
          { key: path, priority: 'high' },
        );
      });
      const readHost = hostSensor();
      hostTimer = setInterval(() => host({ at: stamp(), ...readHost() }), hostEveryMs);
      sample();
    },
  };
}
