import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';
import { listen, open, seenHost } from './support/links.ts';
import { openSocket, statusOf } from './support/sockets.ts';

const never = new AbortController().signal;

async function httpServer(): Promise<{ server: Server; base: string; host: string }> {
  const server = createServer((_request, response) => response.end('mine'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, base: `ws://${host}`, host };
}

test("links over the user's server, whose other requests stay the user's", async () => {
  const { server, base, host } = await httpServer();
  const { transport, host: listenerHost } = await listen({ server, path: '/bus' });
  expect(transport.address).toBe(`${base}/bus`);
  const client = await open(transportWs({ connect: `${base}/bus?room=1` }).transport);
  const [[near], [far]] = [
    await client.connections.first(1),
    await listenerHost.connections.first(1),
  ];
  near?.connection.send(Uint8Array.of(1));
  expect(await far?.received.first(1)).toEqual([Uint8Array.of(1)]);
  expect(await (await fetch(`http://${host}/page`)).text()).toBe('mine');
});

test('a path that is nobody’s is answered 404', async () => {
  const { server, base } = await httpServer();
  await listen({ server, path: '/bus' });
  await listen({ server, path: '/other' });
  expect(await statusOf(`${base}/bus`)).toBe(101);
  expect(await statusOf(`${base}/other`)).toBe(101);
  for (const path of ['', '/', '/bu', '/bus/', '/BUS', '/bus/x', '//bus'])
    expect(await statusOf(`${base}${path}`)).toBe(404);
});

test("other upgrade listeners of the user's server are not disturbed", async () => {
  const { server, base } = await httpServer();
  server.on('upgrade', (request, socket) => {
    if (request.url !== '/theirs') return;
    // As one that asks a database first.
    setImmediate(() => socket.end('HTTP/1.1 418 Teapot\r\n\r\n'));
  });
  const { transport } = await listen({ server, path: '/bus' });
  expect(await statusOf(`${base}/theirs`)).toBe(418);
  expect(await statusOf(`${base}/bus`)).toBe(101);
  await transport.close();
  expect(await statusOf(`${base}/theirs`)).toBe(418);
  expect(server.listenerCount('upgrade')).toBe(1);
});

test("closing ends the connections and leaves the user's server as it was", async () => {
  const { server, base, host } = await httpServer();
  const listeners = () =>
    ['upgrade', 'close', 'error', 'drop'].map((event) => server.listenerCount(event));
  const before = listeners();
  const { transport, host: listenerHost } = await listen({ server });
  await openSocket(`${base}/`);
  await transport.close();
  const [seen] = await listenerHost.connections.first(1);
  expect(seen?.closed.all).toHaveLength(1);
  expect(listeners()).toEqual(before);
  expect(server.listening).toBe(true);
  expect(await (await fetch(`http://${host}/page`)).text()).toBe('mine');
  const again = await open(transport);
  await openSocket(`${base}/`);
  expect(await again.connections.first(1)).toHaveLength(1);
});

test('two transports cannot have the same path of a server', async () => {
  const { server } = await httpServer();
  const { transport } = await listen({ server, path: '/bus' });
  const { transport: second } = transportWs({ listen: { server, path: '/bus' } });
  await expect(second.open(seenHost(), never)).rejects.toMatchObject({
    code: 'BUS_OPTION_INVALID',
    details: { option: 'listen.path' },
  });
  await transport.close();
  await open(second);
});

test('a server that is closed has ceased to listen', async () => {
  const { server } = await httpServer();
  const { host } = await listen({ server });
  server.close();
  expect(await host.failures.first(1)).toEqual([expect.any(Error)]);
});

test('a server may listen later, and its address is known then', async () => {
  const server = createServer();
  const { transport } = await listen({ server, path: '/bus' });
  expect(transport.address).toBe('ws:/bus');
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  onTestFinished(() => void server.close());
  expect(transport.address).toBe(`ws://[::1]:${(server.address() as AddressInfo).port}/bus`);
  expect(await statusOf(transport.address)).toBe(101);
});

test('over a TLS server it is wss', async () => {
  // A key both ends know, so that the test needs no certificate.
  const psk = Buffer.from('0123456789abcdef');
  const tls = { ciphers: 'PSK', maxVersion: 'TLSv1.2' as const };
  const server = createTlsServer({ ...tls, pskCallback: () => psk });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { transport, host } = await listen({ server, path: '/bus' });
  expect(transport.address).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/bus$/);
  const socket = await openSocket(transport.address, {
    ...tls,
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  } as object);
  socket.send(Uint8Array.of(9));
  const [seen] = await host.connections.first(1);
  expect(await seen?.received.first(1)).toEqual([Uint8Array.of(9)]);
});
