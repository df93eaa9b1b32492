import { once } from 'node:events';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directoryFault } from '../src/socket-path.ts';
import { bundled, directory, End, killed, startChild, startWorker, word } from './support.ts';

const isRoot = process.geteuid?.() === 0;

let echo: string;
beforeAll(async () => {
  const bundle = await bundled('echo');
  echo = bundle.file;
  return () => bundle.remove();
});

const unsafe = (reason: string) =>
  expect.objectContaining({
    code: 'TRANSPORT_IPC_PATH_UNSAFE',
    details: { path: expect.any(String), reason: expect.stringContaining(reason) },
  });

const listen = (path: string) => new End(transportIpc({ listen: path })).open();
const connect = (path: string) => new End(transportIpc({ connect: path })).open();

/** What a killed listener leaves behind. */
async function staleSocket(path: string): Promise<void> {
  const child = startChild(echo, [path]);
  expect(await word(child)).toBe('open');
  await killed(child);
  expect((await lstat(path)).isSocket()).toBe(true);
}

describe('a socket file', () => {
  it('has mode 0600, whatever the umask, and leaves nothing beside it', async () => {
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const path = join(await directory(), 'hub.sock');
    await listen(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(path))).toEqual(['hub.sock']);
  });

  it('has mode 0600 and answers whenever it is seen', async () => {
    const path = join(await directory(), 'hub.sock');
    const modes = new Set<number>();
    let looking = true;
    const look = async (): Promise<void> => {
      while (looking) {
        const found = await lstat(path).catch(() => undefined);
        if (found) modes.add(found.mode & 0o777);
      }
    };
    const looks = look();
    for (let round = 0; round < 20; round++) {
      const end = new End(transportIpc({ listen: path }));
      await end.open();
      await connect(path);
      await end.transport.close();
    }
    looking = false;
    await looks;
    expect([...modes]).toEqual([0o600]);
  });

  it('is made by a worker thread as well', async () => {
    const path = join(await directory(), 'hub.sock');
    expect(await word(startWorker(echo, [path]))).toBe('open');
    await connect(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is gone when its listener has closed', async () => {
    const path = join(await directory(), 'hub.sock');
    const end = new End(transportIpc({ listen: path }));
    await end.open();
    await end.transport.close();
    expect(await readdir(dirname(path))).toEqual([]);
  });

  it('stays when it has become that of another', async () => {
    const path = join(await directory(), 'hub.sock');
    const end = new End(transportIpc({ listen: path }));
    await end.open();
    await unlink(path);
    await listen(path);
    await end.transport.close();
    await connect(path);
  });
});

describe('a path somebody listens on', () => {
  it('is refused, in the same process and from another', async () => {
    const path = join(await directory(), 'hub.sock');
    await listen(path);
    const inUse = expect.objectContaining({ code: 'TRANSPORT_IPC_ADDRESS_IN_USE' });
    await expect(listen(path)).rejects.toThrow(inUse);
    expect(await word(startChild(echo, [path]))).toBe('failed TRANSPORT_IPC_ADDRESS_IN_USE');
    await connect(path);
    expect(await readdir(dirname(path))).toEqual(['hub.sock']);
  });

  it('is refused also where a program of another kind listens', async () => {
    const path = join(await directory(), 'hub.sock');
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await expect(listen(path)).rejects.toThrow(
      expect.objectContaining({ code: 'TRANSPORT_IPC_ADDRESS_IN_USE' }),
    );
  });
});

describe('a stale socket', () => {
  it('is taken over', async () => {
    const path = join(await directory(), 'hub.sock');
    await staleSocket(path);
    await listen(path);
    await connect(path);
    expect(await readdir(dirname(path))).toEqual(['hub.sock']);
  });

  it('goes to exactly one of many that want it', async () => {
    for (let round = 0; round < 5; round++) {
      const path = join(await directory(), 'hub.sock');
      await staleSocket(path);
      const racers = Array.from({ length: 8 }, () => new End(transportIpc({ listen: path })));
      const children = [startChild(echo, [path]), startChild(echo, [path])];
      const words = Promise.all(children.map(word));
      const results = await Promise.allSettled(racers.map((racer) => racer.open()));
      const won = [
        ...results.filter(({ status }) => status === 'fulfilled'),
        ...(await words).filter((said) => said === 'open'),
      ];
      expect(won).toHaveLength(1);
      await connect(path);
      expect(await readdir(dirname(path))).toEqual(['hub.sock']);
      for (const child of children) await killed(child);
    }
  });

  it('is taken over also where another died while it did so', async () => {
    const path = join(await directory(), 'hub.sock');
    await staleSocket(path);
    const dead = join(dirname(path), '.bus-abc123');
    await mkdir(dead);
    await staleSocket(join(dead, 'l'));
    await symlink('.bus-abc123/l', `${path}.lock`);
    const racers = Array.from({ length: 8 }, () => listen(path));
    const results = await Promise.allSettled(racers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(dirname(path))).toEqual(['hub.sock']);
  });

  it('is left to another that is just breaking the lock of one that died', async () => {
    const path = join(await directory(), 'hub.sock');
    await symlink('.bus-dead00/l', `${path}.lock`);
    const holder = join(dirname(path), '.bus-abc123');
    await mkdir(holder);
    await listen(join(holder, 'l'));
    await symlink('.bus-abc123/l', `${path}.lock.lock`);
    await expect(listen(path)).rejects.toThrow(
      expect.objectContaining({ code: 'TRANSPORT_IPC_ADDRESS_IN_USE' }),
    );
    expect(await readlink(`${path}.lock`)).toBe('.bus-dead00/l');
  });

  it('is left to another that is just taking it over', async () => {
    const path = join(await directory(), 'hub.sock');
    const holder = join(dirname(path), '.bus-abc123');
    await mkdir(holder);
    await listen(join(holder, 'l'));
    await symlink('.bus-abc123/l', `${path}.lock`);
    await expect(listen(path)).rejects.toThrow(
      expect.objectContaining({ code: 'TRANSPORT_IPC_ADDRESS_IN_USE' }),
    );
  });
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
