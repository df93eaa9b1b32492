import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh path for the socket of a program: on Windows that of a pipe, elsewhere in a folder only we may enter. */
export function socketPath(pid: number): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\primes-${pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'primes-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'hub.sock');
}
