import { posix, win32 } from 'node:path';

/**
 * Where the hub listens: in a folder of this run, which only this user can enter. Windows has pipes
 * instead, in a place of their own.
 */
export function hubSocket(folder: string, platform: NodeJS.Platform): string {
  return platform === 'win32'
    ? `\\\\.\\pipe\\${win32.basename(folder)}`
    : posix.join(folder, 'hub.sock');
}
