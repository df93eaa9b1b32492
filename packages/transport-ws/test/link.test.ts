import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';
import { linked, listen, open, seenHost, texts } from './support/links.ts';
import { openSocket } from './support/sockets.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const never = new AbortController().signal;

test('one send arrives as one message, in order, both ways', async () => {
  const { near, far } = await linked();
  const sent = [bytes(1), bytes(), bytes(2, 3), new Uint8Array(70_000).fill(7)];
  for (const message of sent) near.connection.send(message);
  for (const message of sent) far.connection.send(message);
  const expected = texts(sent);
  expect(texts(await far.received.first(4))).toEqual(expected);
  expect(texts(await near.received.first(4))).toEqual(expected);
});

test('a message of the most bytes allowed arrives', async () => {
  const { near, far, client } = await linked({ limits: { frameBytes: 300_000 } });
  const most = client.features.maxSendBytes ?? 0;
  expect(most).toBeGreaterThan(300_000);
  near.connection.send(new Uint8Array(most).fill(5));
  far.connection.send(new Uint8Array(most).fill(6));
  expect((await far.received.first(1))[0]).toHaveLength(most);
  expect((await near.received.first(1))[0]).toHaveLength(most);
});

test('what is sent is not changed, also where it is masked', async () => {
  const { near, far } = await linked();
  const sent = new Uint8Array(5000).map((_, index) => index);
  const before = sent.slice();
  near.connection.send(sent);
  await near.connection.flush();
  expect(sent).toEqual(before);
  expect((await far.received.first(1))[0]).toEqual(before);
});

test('what is received is a plain Uint8Array, as in a browser', async () => {
  const { near, far } = await linked();
  near.connection.send(bytes(1, 2));
  const [received] = await far.received.first(1);
  expect(Object.getPrototypeOf(received)).toBe(Uint8Array.prototype);
});

test('both ends say who is there, and that it is this machine', async () => {
  const { near, far, listener } = await linked();
  expect(near.connection).toMatchObject({ remote: listener.address, local: true });
  expect(far.connection).toMatchObject({ remote: '127.0.0.1', local: true });
});

test('who comes through a proxy is not of this machine', async () => {
  const { transport, host } = await listen();
  await openSocket(transport.address, { headers: { 'x-forwarded-for': '10.0.0.1' } });
  const [seen] = await host.connections.first(1);
  expect(seen?.connection.local).toBe(false);
});

test('an IPv4 client of an IPv6 listener is known by its IPv4 address', async () => {
  const { transport, host } = await listen({ port: 0, host: '::' });
  await openSocket(`ws://127.0.0.1:${new URL(transport.address).port}`);
  const [seen] = await host.connections.first(1);
  expect(seen?.connection).toMatchObject({ remote: '127.0.0.1', local: true });
});

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(outside === undefined)('who comes by the network is not of this machine', async () => {
  const { transport, host } = await listen({ port: 0, host: '0.0.0.0' });
  const client = transportWs({ connect: transport.address.replace('0.0.0.0', String(outside)) });
  const clientHost = await open(client.transport);
  const [near, far] = [await clientHost.connections.first(1), await host.connections.first(1)];
  expect(near[0]?.connection.local).toBe(false);
  expect(far[0]?.connection).toMatchObject({ remote: outside, local: false });
});

test('closing one end is seen at both, once', async () => {
  const { near, far } = await linked();
  near.connection.close();
  near.connection.close();
  await Promise.all([near.closed.first(1), far.closed.first(1)]);
  near.connection.close();
  far.connection.close();
  await far.connection.flush();
  expect(near.connection.send(bytes(1))).toBe(false);
  expect([near.closed.all.length, far.closed.all.length]).toEqual([1, 1]);
});

test('a client that is killed is seen as closed', async () => {
  const { transport, host } = await listen();
  const script = `new (require('ws'))(process.argv[1]).on('open', () => console.log('open'))`;
  const child = spawn(process.execPath, ['-e', script, transport.address], {
    cwd: import.meta.dirname,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [seen] = await host.connections.first(1);
  child.kill('SIGKILL');
  expect(await seen?.closed.first(1)).toEqual([expect.any(Error)]);
});

test('closing the client ends its connection, and it opens again', async () => {
  const { near, far, client, listener } = await linked();
  await client.close();
  await Promise.all([near.closed.first(1), far.closed.first(1)]);
  await client.close();
  const again = await open(client);
  const [seen] = await again.connections.first(1);
  expect(seen?.connection.remote).toBe(listener.address);
});

test('closing the listener ends its connections and frees its port, and it opens again', async () => {
  const { near, far, listener } = await linked();
  const { port } = new URL(listener.address);
  await Promise.all([listener.close(), listener.close()]);
  await Promise.all([near.closed.first(1), far.closed.first(1)]);
  await listen({ port: Number(port) });
  const host = await open(listener);
  const { transport } = transportWs({ connect: listener.address });
  await open(transport);
  expect(await host.connections.first(1)).toHaveLength(1);
});

test('50 openings and closings leave no handle', async () => {
  const { transport: listener } = transportWs({ listen: { port: 0 } });
  const before = process.getActiveResourcesInfo().filter((kind) => /TCP/.test(kind)).length;
  for (let round = 0; round < 50; round += 1) {
    await listener.open(seenHost(), never);
    const { transport: client } = transportWs({ connect: listener.address });
    await client.open(seenHost(), never);
    await client.close();
    await listener.close();
  }
  const after = process.getActiveResourcesInfo().filter((kind) => /TCP/.test(kind)).length;
  expect(after).toBeLessThanOrEqual(before);
});

test('an opening that is called off leaves nothing and says why', async () => {
  const silent = createTcpServer();
  const connected = new Promise((resolve) => silent.once('connection', resolve));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const { transport } = transportWs({ connect: `ws://127.0.0.1:${port}` });
  const abort = new AbortController();
  const host = seenHost();
  const opening = transport.open(host, abort.signal);
  await connected;
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(opening).rejects.toBe(reason);
  await expect(transport.open(host, abort.signal)).rejects.toBe(reason);
  await new Promise((resolve) => silent.close(resolve));
  expect(host.connections.all).toEqual([]);
});

test('an opening that nothing answers ends in time', async () => {
  const silent = createTcpServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const connect = `ws://127.0.0.1:${port}`;
  const { transport } = transportWs({ connect }, { limits: { helloMs: 50 } });
  await expect(open(transport)).rejects.toThrow('timed out');
});

test('a listener whose opening was called off does not listen', async () => {
  const { transport } = transportWs({ listen: { port: 0 } });
  const abort = new AbortController();
  const opening = transport.open(seenHost(), abort.signal);
  abort.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  await expect(open(transportWs({ connect: transport.address }).transport)).rejects.toThrow();
});

test('a client or listener closed while it opens does not open', async () => {
  const { transport: listener } = transportWs({ listen: { port: 0 } });
  const opening = listener.open(seenHost(), never);
  const closing = listener.close();
  await expect(opening).rejects.toThrow('closed while it was opened');
  await closing;
  const { transport } = await listen();
  const { transport: client } = transportWs({ connect: transport.address });
  const connecting = client.open(seenHost(), never);
  const closed = client.close();
  await expect(connecting).rejects.toThrow();
  await closed;
});

test('an opening fails where nobody listens, or something else answers', async () => {
  const other = createServer((_request, response) => response.writeHead(500).end());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const { transport } = transportWs({ connect: `ws://127.0.0.1:${port}/x?token=secret` });
  await expect(open(transport)).rejects.toThrow(`ws://127.0.0.1:${port}/x answered 500`);
  await new Promise((resolve) => other.close(resolve));
  await expect(open(transport)).rejects.toThrow('ECONNREFUSED');
});

test('an opening answered 403 fails with the code for it', async () => {
  const proxy = createServer();
  proxy.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const { transport } = transportWs({ connect: `ws://127.0.0.1:${port}/` });
  await expect(open(transport)).rejects.toMatchObject({
    code: 'TRANSPORT_WS_ORIGIN_REFUSED',
    details: { origin: undefined, address: `ws://127.0.0.1:${port}/` },
  });
});
