import type { BigIntStats, Stats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { pathUnsafe, systemCode } from './errors.ts';

/**
 * The same on every platform, so that what works on one does on the next: macOS takes 104 bytes and
 * Linux 108, a zero at the end included, and Node before 24 binds the name cut off there without a word.
 */
const MAX_PATH_BYTES = 100;

/** What a listener adds to its directory while it claims a path, such as `/.bus-a1B2c3/s`. */
const CLAIM_BYTES = 14;
const MAX_CLAIM_BYTES = 103;

const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;

/**
 * The path with its directory's links resolved, where neither is anybody else's to change.
 * @throws TRANSPORT_IPC_PATH_UNSAFE
 */
export async function checkedPath(given: string): Promise<string> {
  const wanted = resolve(given);
  const directory = await realpath(dirname(wanted));
  const path = join(directory, basename(wanted));
  const reason = lengthFault(path, directory) ?? directoryFault(await stat(directory));
  if (reason !== undefined) throw pathUnsafe(path, reason);
  return path;
}

/** Why a path is too long for a socket, or its directory for what a listener adds to claim it. */
export function lengthFault(path: string, directory: string): string | undefined {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(path).byteLength;
  const claim = encoder.encode(directory).byteLength + CLAIM_BYTES;
  if (bytes <= MAX_PATH_BYTES && claim <= MAX_CLAIM_BYTES) return undefined;
  return (
    `it has ${bytes} bytes, and systems cut long names off: use at most ${MAX_PATH_BYTES}, ` +
    `and ${MAX_CLAIM_BYTES - CLAIM_BYTES} for the directory`
  );
}

/**
 * Why a directory is no place for a socket of `user`. Its group may write: whoever connects makes sure
 * that the socket is of the right user.
 */
export function directoryFault(
  directory: Pick<Stats, 'uid' | 'mode' | 'isDirectory'>,
  user: number | undefined = currentUser(),
): string | undefined {
  if (!directory.isDirectory()) return 'its parent is no directory';
  if (user !== undefined && directory.uid !== user && directory.uid !== 0)
    return `its directory belongs to another user (${directory.uid}): use one of your own`;
  if ((directory.mode & WORLD_WRITABLE) !== 0 && (directory.mode & STICKY) === 0)
    return 'anybody may replace files in its directory: use one of mode 0700';
  return undefined;
}

/**
 * The socket at a checked path, if there is one.
 * @throws TRANSPORT_IPC_PATH_UNSAFE where there is something else, or a socket of somebody else.
 */
export async function socketAt(path: string): Promise<BigIntStats | undefined> {
  const found = await lstatIfAny(path);
  if (found === undefined) return undefined;
  if (found.isSymbolicLink())
    throw pathUnsafe(path, 'it is a symbolic link: name what it links to');
  if (!found.isSocket())
    throw pathUnsafe(path, 'there is something else: move it, or take another path');
  if (!isOurs(found))
    throw pathUnsafe(path, `the socket there belongs to another user (${found.uid})`);
  return found;
}

/** What is at a path, links not followed. */
export async function lstatIfAny(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether something is this process's user's. */
export function isOurs(found: BigIntStats): boolean {
  const user = currentUser();
  return user === undefined || found.uid === BigInt(user);
}

function currentUser(): number | undefined {
  return process.geteuid?.();
}
