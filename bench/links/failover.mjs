import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/measure.mjs';
import { withEnds } from './ends.mjs';

const REPETITIONS = 50;
const QUICK_REPETITIONS = 5;
const HELD = 4;
/** What a peer that shows no sign of life is to be known by. */
const LATE_MS = 100;
const WATCHED_MS = 120_000;
const QUICK_WATCHED_MS = 10_000;
const STALL_MS = 300;
const STALL_EVERY_MS = 5000;

const now = () => Number(process.hrtime.bigint());
const peer = 'health';

/** Keeps every core busy until it is told to stop. */
function burn() {
  const burners = cpus().map(() =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  return () => {
    for (const burner of burners) burner.kill('SIGKILL');
  };
}

/** @param {number[]} took in nanoseconds */
function spreadOf(took) {
  return { median: median(took) / 1e6, worst: Math.max(...took) / 1e6 };
}

/**
 * Kills one of two workers that owe replies: milliseconds from the signal until all of its requests
 * have failed and another has been answered by the one that is left.
 */
export function killed() {
  return ({ quick }) =>
    withEnds({}, async ({ path, start }) => {
      const observer = await start('failover-observer', { peer, path });
      await start('failover-worker', { peer, path, id: 'left' });
      const failed = [];
      const moved = [];
      const bare = [];
      for (let i = 0; i < (quick ? QUICK_REPETITIONS : REPETITIONS); i++) {
        const id = `worker-${i}`;
        const worker = await start('failover-worker', { peer, path, id });
        await observer.call('linked', 2);
        for (const each of ['left', id]) await observer.call('healthy', each);
        await observer.call('hold', HELD);
        const killedAt = now();
        process.kill(worker.pid, 'SIGKILL');
        const { failedAt, movedAt, by } = await observer.call('lost');
        if (by !== 'left') throw new Error(`'${by}' answered, which had been killed`);
        failed.push(failedAt - killedAt);
        moved.push(movedAt - killedAt);
        bare.push((await observer.call('bareClosed', id)) - killedAt);
        await observer.call('linked', 1);
      }
      const closed = spreadOf(bare);
      return {
        ...spreadOf(moved),
        'requests failed': spreadOf(failed).median,
        'bare socket closed': closed.median,
        'at worst': closed.worst,
      };
    });
}

/**
 * Stops one of two workers without killing it: milliseconds until it is suspect, and the share of
 * times when that took too long.
 *
 * @param {{ busy?: boolean }} [options]
 */
export function stopped({ busy = false } = {}) {
  return ({ quick }) =>
    withEnds({}, async ({ path, start }) => {
      const observer = await start('failover-observer', { peer, path });
      const ids = ['one', 'two'];
      const workers = [];
      for (const id of ids) workers.push(await start('failover-worker', { peer, path, id }));
      await observer.call('linked', 2);
      const cool = busy ? burn() : () => {};
      try {
        const took = [];
        for (let i = 0; i < (quick ? QUICK_REPETITIONS : REPETITIONS); i++) {
          const { pid } = workers[i % 2];
          const id = ids[i % 2];
          await sleep(100 + Math.random() * 50);
          await observer.call('healthy', id);
          await observer.call('forget');
          const stoppedAt = now();
          process.kill(pid, 'SIGSTOP');
          took.push((await observer.call('reached', { id, state: 'suspect' })) - stoppedAt);
          process.kill(pid, 'SIGCONT');
          await observer.call('reached', { id, state: 'healthy' });
        }
        const late = took.filter((each) => each / 1e6 >= LATE_MS).length;
        return { ...spreadOf(took), 'late %': (100 * late) / took.length };
      } finally {
        cool();
      }
    });
}

/**
 * Watches two healthy workers while every core is busy and the observer itself is held up now and
 * then: how many were taken for lost.
 */
export function falseAlarms() {
  return ({ quick }) =>
    withEnds({}, async ({ path, start }) => {
      const observer = await start('failover-observer', { peer, path });
      for (const id of ['one', 'two']) await start('failover-worker', { peer, path, id });
      await observer.call('linked', 2);
      const cool = burn();
      try {
        const end = Date.now() + (quick ? QUICK_WATCHED_MS : WATCHED_MS);
        let stalls = 0;
        while (Date.now() < end) {
          await sleep(STALL_EVERY_MS);
          await observer.call('stall', STALL_MS);
          stalls++;
        }
        const { down, suspect } = await observer.call('counts');
        return { down, 'suspect for a while': suspect, stalls };
      } finally {
        cool();
      }
    });
}
