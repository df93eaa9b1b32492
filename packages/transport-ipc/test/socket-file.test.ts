import { once } from 'node:events';
import { lstat, mkdir, readdir, readlink, stat, symlink, unlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { End } from './support/end.ts';
import { killed, startChild, startWorker, word } from './support/fixtures.ts';
import { connect, listen, staleSocket } from './support/sockets.ts';

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
    expect(await word(startWorker('echo', [path]))).toBe('open');
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
    expect(await word(startChild('echo', [path]))).toBe('failed TRANSPORT_IPC_ADDRESS_IN_USE');
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
      const children = [startChild('echo', [path]), startChild('echo', [path])];
      const words = Promise.all(children.map(word));
      const said = [
        ...(await Promise.all(
          racers.map((racer) =>
            racer.open().then(
              () => 'open',
              (error) => `failed ${error.code ?? error.message}`,
            ),
          ),
        )),
        ...(await words),
      ];
      const inUse = 'failed TRANSPORT_IPC_ADDRESS_IN_USE';
      expect(said.sort()).toEqual([...Array(9).fill(inUse), 'open']);
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
