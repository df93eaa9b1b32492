import * as files from 'node:fs/promises';
import { join } from 'node:path';
import type { Transport } from '@bus/wire';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkedPipe, namesPipes } from '../src/pipe-name.ts';
import { SocketConnector } from '../src/socket-connector.ts';
import { SocketListener } from '../src/socket-listener.ts';
import { lengthFault } from '../src/socket-path.ts';
import { directory } from './support/directory.ts';
import { End, pattern } from './support/end.ts';

vi.mock('node:fs/promises', { spy: true });

const pipe = String.raw`\\.\pipe\hub`;

function ends(path: string, platform: NodeJS.Platform): { listener: End; connector: End } {
  const end = (transport: Transport) => new End({ transport });
  return {
    listener: end(new SocketListener(path, platform)),
    connector: end(new SocketConnector(path, platform)),
  };
}

/** Sends something and waits for it. */
async function expectLink({ listener, connector }: ReturnType<typeof ends>): Promise<void> {
  await listener.open();
  await connector.open();
  const [near, far] = [await connector.side(), await listener.side()];
  near.connection.send(pattern(1000));
  await far.received(1000);
}

function calls(): string[] {
  return Object.entries(files).flatMap(([name, file]) =>
    vi.isMockFunction(file) ? file.mock.calls.map(() => name) : [],
  );
}

describe('on Windows', () => {
  // There is no such place here: what is a pipe's name on Windows is a file's in this directory.
  beforeEach(async () => {
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(await directory());
    vi.clearAllMocks();
  });

  it('links over a pipe, and makes, moves, changes and removes no file', async () => {
    const both = ends(pipe, 'win32');
    await expectLink(both);
    await both.connector.transport.close();
    await both.listener.transport.close();
    expect(calls()).toEqual([]);
    await expectLink(both);
  });

  it('refuses a pipe that somebody has', async () => {
    await ends(pipe, 'win32').listener.open();
    await expect(ends(pipe, 'win32').listener.open()).rejects.toMatchObject({
      code: 'TRANSPORT_IPC_ADDRESS_IN_USE',
    });
    expect(calls()).toEqual([]);
  });

  it.each([
    ['./hub.sock', String.raw`write \\.\pipe\hub.sock`],
    [String.raw`C:\Users\me\hub`, String.raw`write \\.\pipe\hub`],
    ['/', String.raw`write \\.\pipe\name`],
    [`${String.raw`\\.\pipe`}\\`, 'it must be a pipe'],
    [String.raw`\\server\pipe\hub`, 'it must be a pipe'],
    [`${pipe}${'x'.repeat(257 - pipe.length)}`, 'it has 257 characters'],
  ])('refuses %s at both ends', async (path, reason) => {
    const { listener, connector } = ends(path, 'win32');
    for (const end of [listener, connector]) {
      await expect(end.open()).rejects.toMatchObject({
        code: 'TRANSPORT_IPC_PATH_UNSAFE',
        message: expect.stringContaining(reason),
      });
    }
    expect(calls()).toEqual([]);
  });

  it.each([String.raw`\\?\pipe\hub`, String.raw`\\.\pipe\C:\shop\hub`])(
    'takes %s',
    async (path) => {
      await expectLink(ends(path, 'win32'));
    },
  );

  // Not tried: no file here has so long a name that a socket could be bound to.
  it('takes names of 256 characters', () => {
    const longest = `${pipe}${'x'.repeat(256 - pipe.length)}`;
    expect(checkedPipe(longest)).toBe(longest);
  });
});

describe.each(['linux', 'darwin'] as const)('on %s', (platform) => {
  it('links over a file, for this user only', async () => {
    const path = join(await directory(), 'hub.sock');
    await expectLink(ends(path, platform));
    expect((await files.stat(path)).mode & 0o777).toBe(0o600);
  });

  it('takes what is a pipe on Windows for the name of a file', async () => {
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(await directory());
    await expectLink(ends(pipe, platform));
    expect(await files.readdir('.')).toEqual([pipe]);
  });

  it('follows the links of a directory, as those of /tmp on macOS', async () => {
    const within = await directory();
    await files.mkdir(join(within, 'private'));
    await files.symlink('private', join(within, 'tmp'));
    await expectLink(ends(join(within, 'tmp', 'hub.sock'), platform));
    expect(await files.readdir(join(within, 'private'))).toEqual(['hub.sock']);
  });
});

it('names pipes on Windows only', () => {
  const platforms = ['aix', 'darwin', 'freebsd', 'linux', 'openbsd', 'sunos', 'win32'] as const;
  expect(platforms.filter(namesPipes)).toEqual(['win32']);
});

describe('the longest path that is taken', () => {
  const longest = (fits: (length: number) => boolean): number => {
    let length = 1;
    while (fits(length + 1)) length++;
    return length;
  };

  // What `sun_path` has room for, a zero at the end included.
  it.each([
    ['linux', 108],
    ['darwin', 104],
  ])('and what claims it, fit into an address on %s', (_platform, room) => {
    const path = longest((length) => lengthFault(`/${'x'.repeat(length - 1)}`, '/') === undefined);
    const folder = longest((length) => lengthFault('/s', 'd'.repeat(length)) === undefined);
    expect(path + 1).toBeLessThanOrEqual(room);
    expect(folder + '/.bus-a1B2c3/s'.length + 1).toBeLessThanOrEqual(room);
  });

  it('counts bytes, not characters', () => {
    expect(lengthFault('/ü'.padEnd(100, 'x'), '/')).toContain('it has 101 bytes');
    expect(lengthFault('/ü'.padEnd(99, 'x'), '/')).toBeUndefined();
  });

  it("leaves room in macOS's temporary directory", () => {
    const temporary = '/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/shop-a1B2c3';
    expect(lengthFault(`${temporary}/hub.sock`, temporary)).toBeUndefined();
  });
});
