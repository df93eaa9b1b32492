import { once } from 'node:events';
import { expect, test } from 'vitest';
import { linked, listen } from './support/links.ts';
import { openSocket } from './support/sockets.ts';

const chunk = 64 * 1024;

test('a client that does not read makes send ask for a pause, until it reads on', async () => {
  const { transport, host } = await listen();
  const socket = await openSocket(transport.address);
  const [seen] = await host.connections.first(1);
  if (seen === undefined) throw new Error('not connected');
  socket.pause();
  let sent = 0;
  while (seen.connection.send(new Uint8Array(chunk).fill(sent % 251))) {
    sent += 1;
    // What the kernel takes has to be taken off the count before there can be too much.
    if (sent % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (sent > 10_000) throw new Error('never asked for a pause');
  }
  sent += 1;
  expect(seen.writable.all).toEqual([]);
  let next = 0;
  const all = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      expect(data[0]).toBe(next % 251);
      next += 1;
      if (next === sent) resolve();
    });
  });
  const flushed = seen.connection.flush();
  socket.resume();
  await seen.writable.first(1);
  await Promise.all([all, flushed]);
  expect(seen.writable.all).toHaveLength(1);
});

test('what waits for a client that does not read stays bounded, and ends with it', async () => {
  const { transport, host } = await listen();
  const socket = await openSocket(transport.address);
  const [seen] = await host.connections.first(1);
  if (seen === undefined) throw new Error('not connected');
  socket.pause();
  let waiting = 0;
  while (seen.connection.send(new Uint8Array(chunk))) {
    waiting += chunk;
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The kernel's buffers for both ends, and ours.
  expect(waiting).toBeLessThan(64 * 1024 * 1024);
  const flushed = seen.connection.flush();
  socket.terminate();
  await seen.closed.first(1);
  await flushed;
});

test('a client that asked for a pause goes on as well', async () => {
  const { near, far } = await linked();
  let sent = 0;
  while (near.connection.send(new Uint8Array(chunk))) sent += 1;
  await near.writable.first(1);
  await far.received.first(sent + 1);
});

test('flush waits for what has been taken', async () => {
  const { near, far } = await linked();
  for (let count = 0; count < 100; count += 1) near.connection.send(new Uint8Array(chunk));
  await near.connection.flush();
  near.connection.close();
  await far.received.first(100);
  await Promise.all([near.closed.first(1), far.closed.first(1)]);
});

test('closing while much waits drops it at once', async () => {
  const { transport, host } = await listen();
  const socket = await openSocket(transport.address);
  const [seen] = await host.connections.first(1);
  if (seen === undefined) throw new Error('not connected');
  socket.pause();
  while (seen.connection.send(new Uint8Array(chunk)));
  const flushed = seen.connection.flush();
  seen.connection.close();
  await seen.closed.first(1);
  await flushed;
  socket.resume();
  await once(socket, 'close');
});
