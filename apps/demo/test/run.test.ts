import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Result } from '../src/report/result.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'bus-demo-'));
afterAll(() => rmSync(dir, { recursive: true }));

function demo(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return { child, exit: once(child, 'close').then(([code]) => code as number | null) };
}

// The test command builds first; `test:src` does not need a build and leaves these out.
describe.skipIf(!existsSync(main))('the built demo', { timeout: 60_000 }, () => {
  test('runs on live input, ends by itself, and its sums balance', async () => {
    const { child, exit } = demo('--json', '--for', '2s', '--dir', dir);
    let saved = 0;
    const saving = setInterval(() => writeFileSync(join(dir, 'notes.txt'), `${saved++}`), 50);
    const [output, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      exit,
    ]);
    clearInterval(saving);
    expect(errors).toBe('');
    expect(code).toBe(0);

    const result = JSON.parse(output) as Result;
    const { accepted, inFlight, ended } = result.outcomes;
    const { dropped, ...others } = ended;
    const counts = [...Object.values(others), ...Object.values(dropped)];
    expect(accepted).toBe(counts.reduce((sum, count) => sum + count, 0) + inFlight);
    expect(inFlight).toBe(0);
    expect(result.balanced).toBe(true);
    expect(result.processes).toMatchObject([{ pid: child.pid, outcomes: result.outcomes }]);

    expect(result.ratePerSecond).toBeGreaterThanOrEqual(1000);
    expect(result.rawPerTopic['raw.fs.changed']).toBeGreaterThan(0);
    const { p50, p95, p99, max } = result.latencyMs;
    expect(p50).toBeGreaterThan(0);
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b));

    for (const outcome of ['handled', 'failed', 'expired', 'cancelled', 'superseded'] as const) {
      expect(ended[outcome], outcome).toBeGreaterThan(0);
    }
    expect(dropped['drop-oldest']).toBeGreaterThan(0);
    expect(result.features.length).toBeGreaterThanOrEqual(12);
  });

  test('drains at an interrupt', async () => {
    const { child, exit } = demo('--for', 'forever', '--dir', dir);
    const output: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(output.join('')).toContain('ended by SIGINT');
    expect(output.join('')).toContain('The sums balance');
  });

  test('refuses a flag that it does not know', async () => {
    const { child, exit } = demo('--forever');
    expect(await text(child.stderr)).toBe("Unknown option '--forever': see --help\n");
    expect(await exit).toBe(2);
  });
});
