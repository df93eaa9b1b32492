import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readOptions } from '../src/options.ts';

const dir = mkdtempSync(join(tmpdir(), 'bus-demo-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('without flags it watches the repository for 20 seconds', () => {
  const inside = join(dir, 'repository', 'deep');
  mkdirSync(inside, { recursive: true });
  mkdirSync(join(dir, 'repository', '.git'));
  expect(readOptions([], inside)).toEqual({
    runMs: 20_000,
    dir: join(dir, 'repository'),
    json: false,
    single: false,
    port: 0,
    chaos: true,
    help: false,
  });
});

test.each([
  ['500ms', 500],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['forever', Number.POSITIVE_INFINITY],
])('--for %s', (given, runMs) => {
  expect(readOptions(['--', '--for', given], dir).runMs).toBe(runMs);
});

test.each([
  [['--for', '15s'], true],
  [['--for', 'forever'], true],
  [['--for', '14s'], false],
  [['--for', '2s', '--chaos'], true],
  [['--no-chaos'], false],
])('%j causes faults: %s', (args, chaos) => {
  expect(readOptions(args, dir).chaos).toBe(chaos);
});

test.each([
  [['--for', 'ever'], '--for ever: give a time'],
  [['--for', '0s'], '--for 0s: give a time'],
  [['--for', '1000h'], 'at most 24 days'],
  [['--for'], "'--for <value>' argument missing"],
  [['--dir', 'nowhere'], '--dir nowhere: there is no such folder'],
  [['--dir', ''], "--dir ''"],
  [['--speed', '3'], "Unknown option '--speed': see --help"],
  [['--port', '65536'], '--port 65536: give a port up to 65535'],
  [['--port', 'http'], '--port http: give a port'],
  [['here'], "'here' belongs to no flag"],
])('%j is refused', (args, message) => {
  expect(() => readOptions(args, dir)).toThrow(message);
});
