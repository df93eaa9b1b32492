import { once } from 'node:events';
import { lstat, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect } from 'vitest';
import { transportIpc } from '../../src/index.ts';
import { End } from './end.ts';

/** Until the test has finished. */
export const listen = (path: string): Promise<void> =>
  new End(transportIpc({ listen: path })).open();

/** Until the test has finished. */
export const connect = (path: string): Promise<void> =>
  new End(transportIpc({ connect: path })).open();

/** What a killed listener leaves behind. */
export async function staleSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}-was`);
  await once(server, 'listening');
  // So that its end does not remove it.
  await rename(`${path}-was`, path);
  server.close();
  await once(server, 'close');
  expect((await lstat(path)).isSocket()).toBe(true);
}
