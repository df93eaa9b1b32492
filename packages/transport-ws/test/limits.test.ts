import { once } from 'node:events';
import { expect, test } from 'vitest';
import { linked, listen } from './support/links.ts';
import {
  frame,
  openByHand,
  openSocket,
  openTcp,
  readAll,
  statusOf,
  upgradeRequest,
} from './support/sockets.ts';

async function closeCode(socket: NodeJS.EventEmitter): Promise<number> {
  const [code] = await once(socket, 'close');
  return code;
}

test('a message over the limit ends its connection with 1009, and no other', async () => {
  const limits = { frameBytes: 1000 };
  const { transport, host } = await listen({ port: 0 }, { limits });
  const most = transport.features.maxSendBytes ?? 0;
  const [bad, good] = [await openSocket(transport.address), await openSocket(transport.address)];
  const [first, second] = await host.connections.first(2);
  bad.send(new Uint8Array(most + 1));
  expect(await closeCode(bad)).toBe(1009);
  expect(await first?.closed.first(1)).toEqual([expect.any(Error)]);
  expect(first?.received.all).toEqual([]);
  good.send(Uint8Array.of(1));
  expect(await second?.received.first(1)).toEqual([Uint8Array.of(1)]);
});

test('fragments of one message count together', async () => {
  const { transport, host } = await listen({ port: 0 }, { limits: { frameBytes: 1000 } });
  const socket = await openSocket(transport.address);
  const half = new Uint8Array((transport.features.maxSendBytes ?? 0) / 2 + 1);
  socket.send(half, { fin: false });
  socket.send(half, { fin: true });
  expect(await closeCode(socket)).toBe(1009);
  expect((await host.connections.first(1))[0]?.received.all).toEqual([]);
});

test('a client ends a connection whose server sends too much', async () => {
  const { near, far } = await linked({ limits: { frameBytes: 1000 } });
  far.connection.send(new Uint8Array(200_000));
  expect(await near.closed.first(1)).toEqual([expect.any(Error)]);
  expect(near.received.all).toEqual([]);
});

test('a thousand tiny fragments are a message, three thousand are an attack', async () => {
  const { transport, host } = await listen();
  const socket = await openSocket(transport.address);
  const sendFragments = (count: number) => {
    for (let sent = 1; sent <= count; sent += 1)
      socket.send(Uint8Array.of(1), { fin: sent === count });
  };
  const [seen] = await host.connections.first(1);
  sendFragments(1000);
  expect(await seen?.received.first(1)).toEqual([new Uint8Array(1000).fill(1)]);
  sendFragments(3000);
  expect(await closeCode(socket)).toBe(1008);
  expect(seen?.received.all).toHaveLength(1);
});

test('a message written byte by byte arrives', async () => {
  const { transport, host } = await listen();
  const socket = await openByHand(transport.address);
  for (const byte of frame(2, true, new Uint8Array(100).fill(3))) socket.write(Uint8Array.of(byte));
  const [seen] = await host.connections.first(1);
  expect(await seen?.received.first(1)).toEqual([new Uint8Array(100).fill(3)]);
});

test('text ends the connection with 1003, and nothing after it is taken', async () => {
  const { transport, host } = await listen();
  const socket = await openSocket(transport.address);
  socket.send('text');
  socket.send(Uint8Array.of(1));
  expect(await closeCode(socket)).toBe(1003);
  const [seen] = await host.connections.first(1);
  expect(await seen?.closed.first(1)).toEqual([
    expect.objectContaining({ message: expect.stringContaining('text') }),
  ]);
  expect(seen?.received.all).toEqual([]);
});

test('who ignores being told to go is cut off', async () => {
  const { transport, host } = await listen();
  const socket = await openByHand(transport.address);
  socket.write(frame(1, true, Uint8Array.of(65)));
  const [seen] = await host.connections.first(1);
  expect(await seen?.closed.first(1)).toEqual([expect.any(Error)]);
});

test('closing drops who has said nothing yet', async () => {
  const { transport } = await listen({ port: 0 }, { limits: { helloMs: 60_000 } });
  const socket = await openTcp(transport.address);
  const answer = readAll(socket);
  await transport.close();
  expect(await answer).toBe('');
});

test('compression is not negotiated', async () => {
  const { transport } = await listen();
  const socket = await openSocket(transport.address, { perMessageDeflate: true });
  expect(socket.extensions).toBe('');
});

test('garbage after the handshake ends the connection', async () => {
  const { transport, host } = await listen();
  const socket = await openByHand(transport.address);
  socket.write(Uint8Array.from({ length: 1000 }, () => 0xff));
  const [seen] = await host.connections.first(1);
  expect(await seen?.closed.first(1)).toEqual([expect.any(Error)]);
});

test('headers over 8 KiB are answered 431', async () => {
  const { transport } = await listen();
  const fits = { headers: { 'X-Long': 'x'.repeat(7000) } };
  const tooLong = { headers: { 'X-Long': 'x'.repeat(8192) } };
  expect(await statusOf(transport.address, fits)).toBe(101);
  expect(await statusOf(transport.address, tooLong)).toBe(431);
});

test('headers that do not end in time are answered 408, and silence is cut', async () => {
  const { transport } = await listen({ port: 0 }, { limits: { helloMs: 100 } });
  const [slow, silent] = [await openTcp(transport.address), await openTcp(transport.address)];
  const answers = Promise.all([readAll(slow), readAll(silent)]);
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const [toSlow] = await answers;
  expect(toSlow).toMatch(/^HTTP\/1\.1 408 /);
});

test('a request that wants no WebSocket is answered 426', async () => {
  const { transport } = await listen();
  const response = await fetch(transport.address.replace('ws:', 'http:'));
  expect(response.status).toBe(426);
});

test('connections above the limit are refused, and taken when one has gone', async () => {
  const { transport, host } = await listen({ port: 0 }, { limits: { connections: 2 } });
  const first = await openSocket(transport.address);
  await openSocket(transport.address);
  expect(await statusOf(transport.address)).toBe(503);
  first.terminate();
  const [seen] = await host.connections.first(1);
  await seen?.closed.first(1);
  expect(await statusOf(transport.address)).toBe(101);
  expect(host.warnings.all[0]).toContain('limits.connections');
});

test('TCP connections that have said nothing are bounded too', async () => {
  const limits = { connections: 2, pendingConnections: 1 };
  const { transport, host } = await listen({ port: 0 }, { limits });
  for (let count = 0; count < 3; count += 1) await openTcp(transport.address);
  const late = await openTcp(transport.address);
  late.write(upgradeRequest(transport.address));
  expect(await readAll(late)).toBe('');
  expect(await host.warnings.first(1)).toHaveLength(1);
});
