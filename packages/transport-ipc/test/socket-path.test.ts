import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoryFault } from '../src/socket-path.ts';
import { directory } from './support/directory.ts';
import { connect, listen, staleSocket } from './support/sockets.ts';

const isRoot = process.geteuid?.() === 0;

const unsafe = (reason: string) =>
  expect.objectContaining({
    code: 'TRANSPORT_IPC_PATH_UNSAFE',
    details: { path: expect.any(String), reason: expect.stringContaining(reason) },
  });

describe('a path is refused', () => {
  it('that is a regular file, whose content stays', async () => {
    const path = join(await directory(), 'hub.sock');
    await writeFile(path, 'precious');
    await expect(listen(path)).rejects.toThrow(unsafe('something else'));
    await expect(connect(path)).rejects.toThrow(unsafe('something else'));
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(await readdir(dirname(path))).toEqual(['hub.sock']);
  });

  it('that is a directory', async () => {
    const path = await directory();
    await expect(listen(path)).rejects.toThrow(unsafe('something else'));
    await expect(connect(path)).rejects.toThrow(unsafe('something else'));
  });

  it('that is a symlink, also to a live or a stale socket or to nothing', async () => {
    const within = await directory();
    await listen(join(within, 'live'));
    await staleSocket(join(within, 'stale'));
    for (const target of ['live', 'stale', 'nothing']) {
      const link = join(within, `to-${target}`);
      await symlink(target, link);
      await expect(listen(link)).rejects.toThrow(unsafe('symbolic link'));
      await expect(connect(link)).rejects.toThrow(unsafe('symbolic link'));
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
    }
  });

  it('that is longer than systems take', async () => {
    const within = await directory();
    const fits = join(within, 'x'.repeat(100 - within.length - 1));
    await listen(fits);
    await connect(fits);
    await expect(listen(`${fits}y`)).rejects.toThrow(unsafe('101 bytes'));
    await expect(connect(`${fits}y`)).rejects.toThrow(unsafe('101 bytes'));
    expect(await readdir(within)).toEqual([basename(fits)]);
  });

  it('whose directory leaves no room to claim it', async () => {
    const within = await directory();
    const deep = join(within, 'd'.repeat(90 - within.length - 1));
    await mkdir(deep);
    await expect(listen(join(deep, 's'))).rejects.toThrow(unsafe('for the directory'));
  });

  it('whose directory does not exist, or is none', async () => {
    const within = await directory();
    await expect(listen(join(within, 'no', 's'))).rejects.toThrow(unsafe('does not exist'));
    await writeFile(join(within, 'file'), '');
    await expect(listen(join(within, 'file', 's'))).rejects.toThrow(unsafe('no directory'));
  });

  it('whose directory anybody may write to, unless it is sticky', async () => {
    const within = join(await directory(), 'open');
    await mkdir(within);
    await chmod(within, 0o777);
    await expect(listen(join(within, 's'))).rejects.toThrow(unsafe('anybody may replace'));
    await expect(connect(join(within, 's'))).rejects.toThrow(unsafe('anybody may replace'));
    await chmod(within, 0o1777);
    await listen(join(within, 's'));
    await connect(join(within, 's'));
  });

  it.skipIf(!isRoot)('whose directory or socket is of another user', async () => {
    const within = await directory();
    await listen(join(within, 's'));
    await chown(join(within, 's'), 12_345, 12_345);
    await expect(connect(join(within, 's'))).rejects.toThrow(unsafe('another user (12345)'));
    await expect(listen(join(within, 's'))).rejects.toThrow(unsafe('another user (12345)'));
    await chown(within, 12_345, 12_345);
    await expect(listen(join(within, 't'))).rejects.toThrow(unsafe('another user (12345)'));
  });

  it('whose directory is neither of the user nor of the system', () => {
    const of = (uid: number, mode = 0o755) => ({ uid, mode, isDirectory: () => true });
    expect(directoryFault(of(1000), 1000)).toBeUndefined();
    expect(directoryFault(of(0, 0o1777), 1000)).toBeUndefined();
    expect(directoryFault(of(1001), 1000)).toContain('another user (1001)');
    expect(directoryFault(of(1001, 0o1777), 0)).toContain('another user (1001)');
  });

  it('whose lock is something else', async () => {
    const path = join(await directory(), 'hub.sock');
    await writeFile(`${path}.lock`, 'mine');
    await expect(listen(path)).rejects.toThrow(unsafe('.lock'));
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('mine');
  });
});
