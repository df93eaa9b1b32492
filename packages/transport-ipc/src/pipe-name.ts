import { win32 } from 'node:path';
import { pathUnsafe } from './errors.ts';

/** Of this machine: a pipe of another one begins with that one's name. */
const LOCAL_PIPE = /^\\\\[.?]\\pipe\\./;

/** What Windows takes, the `\\.\pipe\` included. */
const MAX_CHARACTERS = 256;

/** Where paths name pipes of the system instead of files. */
export function namesPipes(platform: NodeJS.Platform): boolean {
  return platform === 'win32';
}

/**
 * The name, where it can be that of a pipe. Backslashes further on are left to the system: its manual
 * forbids them, and it takes them.
 * @throws TRANSPORT_IPC_PATH_UNSAFE
 */
export function checkedPipe(given: string): string {
  if (!LOCAL_PIPE.test(given)) {
    const name = win32.basename(given) || 'name';
    throw pathUnsafe(given, `on Windows it must be a pipe: write \\\\.\\pipe\\${name}`);
  }
  if (given.length > MAX_CHARACTERS) {
    throw pathUnsafe(
      given,
      `it has ${given.length} characters, and a pipe's name has at most ${MAX_CHARACTERS}`,
    );
  }
  return given;
}
