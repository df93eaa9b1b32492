import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { canStall, chaosSchedule } from '../src/chaos/schedule.ts';
import { hubSocket } from '../src/parts/hub-socket.ts';
import { pathBelow, watchTree } from '../src/sensors/watch-tree.ts';

test.each([
  ['linux', '/tmp/bus-demo-a1B2c3', '/tmp/bus-demo-a1B2c3/hub.sock'],
  [
    'darwin',
    '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/bus-demo-a1B2c3',
    '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/bus-demo-a1B2c3/hub.sock',
  ],
  [
    'win32',
    String.raw`C:\Users\me\AppData\Local\Temp\bus-demo-a1B2c3`,
    String.raw`\\.\pipe\bus-demo-a1B2c3`,
  ],
] as const)('on %s the hub listens in a place of its own', (platform, folder, socket) => {
  expect(hubSocket(folder, platform)).toBe(socket);
});

test('on Windows no process is stopped, since it could not go on', () => {
  const faultsOn = (platform: NodeJS.Platform) =>
    chaosSchedule(20_000, { kill: ['a', 'b'], stall: canStall(platform) }).map(
      ({ fault }) => fault,
    );
  expect(faultsOn('linux')).toEqual(['kill', 'stall', 'poison']);
  expect(faultsOn('darwin')).toEqual(['kill', 'stall', 'poison']);
  expect(faultsOn('win32')).toEqual(['kill', 'poison']);
});

describe('the folder that is watched', () => {
  test.each([
    ['linux', '3 folders watched'],
    ['darwin', 'a tree watched'],
    ['win32', 'a tree watched'],
  ] as const)('is watched as %s does it best', async (platform, note) => {
    const root = mkdtempSync(join(tmpdir(), 'bus-demo-test-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    for (const folder of ['src/deep', 'node_modules/one']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    const changed = new Set<string>();
    const watcher = watchTree(root, (path) => void changed.add(path), platform);
    onTestFinished(() => watcher.close());
    expect(watcher.note()).toBe(note);
    writeFileSync(join(root, 'node_modules/one/not-mine.ts'), '');
    writeFileSync(join(root, 'src/deep/mine.ts'), '');
    await vi.waitFor(() => expect([...changed]).toEqual(['src/deep/mine.ts']));
  });

  test.each([
    [posix, '/home/me/shop', '/home/me/shop/src', 'a.ts'],
    [win32, String.raw`C:\shop`, String.raw`C:\shop\src`, 'a.ts'],
    [win32, String.raw`C:\shop`, String.raw`C:\shop`, String.raw`src\a.ts`],
  ])('has paths with the same separator everywhere', (path, root, folder, name) => {
    expect(pathBelow(root, folder, name, path)).toBe('src/a.ts');
    expect(pathBelow(root, path.join(root, 'node_modules'), name, path)).toBeUndefined();
  });
});
