import { once } from 'node:events';
import { mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { addressInUse, pathUnsafe, systemCode } from './errors.ts';
import { answers } from './probe.ts';
import { isOurs, lstatIfAny } from './socket-path.ts';

/** Where a lock leads to: its holder's socket, in its holder's directory. */
const HOLDER = /^\.bus-\w{6}\/l$/;

/** Rounds of breaking a dead holder's lock and losing it to a third; more means something is off. */
const MAX_ROUNDS = 16;

/**
 * Runs `action` while no other process does so for the same path, and gives it a directory beside the
 * path that only this user can enter. What is left in that directory is removed afterwards.
 *
 * The lock is a symbolic link, since that is made in one step with its content, to a socket that its
 * holder listens on. So a dead holder shows, and only a dead one. To break its lock is itself done
 * under a lock, or else the slower of two would break the new lock of the faster.
 * @throws TRANSPORT_IPC_ADDRESS_IN_USE where another process has the lock.
 */
export async function withPathLock(
  path: string,
  action: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(dirname(path), '.bus-'));
  // It is there to be found listening; that it may fail to accept does not matter.
  const server = createServer((socket) => socket.destroy()).on('error', () => undefined);
  try {
    await listenAt(server, join(directory, 'l'));
    const lock = await takeLock(path, `${path}.lock`, `${basename(directory)}/l`);
    try {
      await action(directory);
    } finally {
      await rm(lock, { force: true });
    }
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Listens on a free path; never through the primary of a cluster, which would keep the path. */
export async function listenAt(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  server.listen({ path, exclusive: true });
  await listening;
}

async function takeLock(path: string, lock: string, socket: string): Promise<string> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (await linked(socket, lock)) return lock;
    const holder = await holderOf(path, lock);
    if (holder === undefined) continue;
    if (await answers(join(dirname(lock), holder))) break;
    await breakLock(path, lock, holder, socket);
  }
  throw addressInUse(path);
}

async function linked(target: string, link: string): Promise<boolean> {
  try {
    await symlink(target, link);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined where the lock was given back meanwhile. */
async function holderOf(path: string, lock: string): Promise<string | undefined> {
  const found = await lstatIfAny(lock);
  if (found === undefined) return undefined;
  const holder = found.isSymbolicLink() && isOurs(found) ? await readIfAny(lock) : '';
  if (holder === undefined || HOLDER.test(holder)) return holder;
  throw pathUnsafe(path, `'${lock}', which should be its lock, is something else: remove it`);
}

async function readIfAny(link: string): Promise<string | undefined> {
  try {
    return await readlink(link);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function breakLock(
  path: string,
  lock: string,
  holder: string,
  socket: string,
): Promise<void> {
  const breaking = await takeLock(path, `${lock}.lock`, socket);
  try {
    if ((await readIfAny(lock)) !== holder) return;
    await rm(lock, { force: true });
    await rm(join(dirname(lock), dirname(holder)), { recursive: true, force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}
