import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutcomeCounts } from '@bus/core';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Result } from '../src/report/result.ts';
import { Demo, elsewhere, endedOf, isAlive, isBuilt } from './support/demo.ts';

const dir = mkdtempSync(join(tmpdir(), 'bus-demo-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Until the end of the test. */
function demo(...args: string[]): Demo {
  const started = new Demo(...args, '--dir', dir);
  onTestFinished(() => started.kill());
  return started;
}

/** Runs to the end while somebody works in the folder. */
async function resultOf(...args: string[]): Promise<{ run: Demo; result: Result }> {
  const run = demo('--json', ...args);
  let saved = 0;
  const saving = setInterval(() => writeFileSync(join(dir, 'notes.txt'), `${saved++}`), 50);
  const code = await run.exit;
  clearInterval(saving);
  expect(run.errors).toBe('');
  expect(code).toBe(0);
  expect(run.left).toEqual([]);
  return { run, result: JSON.parse(run.output) as Result };
}

/** What a run shows, wherever its modules are. */
function expectTour(result: Result): void {
  expect(result.faults).toEqual([]);
  expect(result.balanced).toBe(true);
  for (const { id, outcomes } of result.processes) {
    expect(outcomes.inFlight, id).toBe(0);
    expect(outcomes.accepted, id).toBe(endedOf(outcomes));
  }
  expect(result.outcomes.accepted).toBe(endedOf(result.outcomes));
  expect(result.ratePerSecond).toBeGreaterThan(0);
  expect(result.rawPerTopic['raw.fs.changed']).toBeGreaterThan(0);
  const { p50, p95, p99, max } = result.latencyMs;
  expect(p50).toBeGreaterThan(0);
  expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));
  const { ended } = result.outcomes;
  for (const outcome of ['handled', 'failed', 'expired', 'cancelled', 'superseded'] as const) {
    expect(ended[outcome], outcome).toBeGreaterThan(0);
  }
  expect(ended.dropped['drop-oldest']).toBeGreaterThan(0);
  expect(result.features.length).toBeGreaterThanOrEqual(12);
  expect(result.stopped.trouble).toBeUndefined();
  expect(result.stopped.finished).toHaveLength(10);
}

describe.skipIf(!isBuilt)('the built demo', { timeout: 60_000 }, () => {
  test('runs over several processes, ends by itself, and the sums of all balance', async () => {
    const { run, result } = await resultOf('--for', '2s');
    expectTour(result);
    expect(result.processes.map(({ id }) => id)).toEqual([...elsewhere, 'hub']);
    const pids = new Set(result.processes.map(({ pid }) => pid));
    // All but the thread have one of their own.
    expect(pids.size).toBe(elsewhere.length);
    expect(pids).toContain(run.child.pid);
    for (const pid of pids) expect(isAlive(pid)).toBe(false);
    const sum = (of: (counts: OutcomeCounts) => number): number =>
      result.processes.reduce((total, { outcomes }) => total + of(outcomes), 0);
    expect(result.outcomes.accepted).toBe(sum(({ accepted }) => accepted));
    expect(result.outcomes.ended.forwarded).toBe(sum(({ ended }) => ended.forwarded));
    expect(result.outcomes.ended.forwarded).toBeGreaterThan(result.rawEvents);
    expect(result.links.map(({ peer }) => peer)).toEqual(elsewhere);
    for (const { peer, toPeer, fromPeer } of result.links) {
      expect(toPeer[0], peer).toBe(toPeer[1]);
      expect(fromPeer[0], peer).toBe(fromPeer[1]);
      expect(fromPeer[0], peer).toBeGreaterThan(0);
    }
  });

  test('runs the same modules in one process', async () => {
    const { run, result } = await resultOf('--for', '2s', '--single');
    expectTour(result);
    const { outcomes } = result;
    expect(result.processes).toMatchObject([{ id: 'workspace', pid: run.child.pid, outcomes }]);
    expect(outcomes.ended.forwarded).toBe(0);
    expect(result.links).toEqual([]);
  });

  test('a process that somebody kills is started again, and an interrupt that all get drains', async () => {
    const run = demo('--for', 'forever', '--no-chaos');
    const pid = await run.pidOf('analysis-2');
    await run.says(/raw\/s/);
    process.kill(pid, 'SIGKILL');
    await run.says(/analysis-2 is lost, the others go on: SIGKILL/);
    const [, successor] = await run.says(/analysis-2 is back: process (\d+)/);
    expect(Number(successor)).not.toBe(pid);
    const before = run.output.length;
    await vi.waitFor(() => expect(run.output.slice(before).match(/raw\/s/g)).toHaveLength(1), 5000);
    run.interrupt();
    expect(await run.exit).toBe(0);
    const text = run.output.replace(/\s+/g, ' ');
    expect(text).toContain('ended by SIGINT');
    expect(text).toContain('10 modules finished');
    expect(text).toContain(`process ${pid}, lost: SIGKILL; it told what it had counted`);
    expect(text).toContain('reliable messages lost = 0 of');
    expect(text).toContain('The sums balance');
    expect(run.errors).toBe('');
    expect(run.left).toEqual([]);
  });

  test('refuses a flag that it does not know', async () => {
    const run = demo('--forever');
    expect(await run.exit).toBe(2);
    expect(run.errors).toBe("Unknown option '--forever': see --help\n");
  });
});
