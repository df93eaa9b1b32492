import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { LinkOptions } from '@bus/wire';
import { expect, onTestFinished, test, vi } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { transportWs as transportOfPages } from '../src/browser.ts';
import { PlatformClient } from '../src/platform-client.ts';
import type { PlatformSocket } from '../src/platform-connection.ts';
import { listen, open, type Seen, seenHost, texts } from './support/links.ts';

const never = new AbortController().signal;

// The class of `ws` has the platform's interface; the real one is tried in browser.test.ts.
function platformClient(url: string, limits?: LinkOptions['limits']): PlatformClient {
  return new PlatformClient(url, { limits }, (href) => {
    const socket = new WebSocket(href);
    socket.on('error', () => undefined);
    return socket as unknown as PlatformSocket;
  });
}

async function connected(client: PlatformClient): Promise<Seen> {
  const [seen] = await (await open(client)).connections.first(1);
  if (seen === undefined) throw new Error('not connected');
  return seen;
}

/** A server that is not ours, to do what ours never would. */
async function strangeServer(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test('one send arrives as one message, both ways', async () => {
  const { transport, host } = await listen();
  const near = await connected(platformClient(transport.address));
  const [far] = await host.connections.first(1);
  const sent = [Uint8Array.of(1), new Uint8Array(), new Uint8Array(70_000).fill(7)];
  for (const message of sent) near.connection.send(message);
  for (const message of sent) far?.connection.send(message);
  const expected = texts(sent);
  expect(texts(await far?.received.first(3))).toEqual(expected);
  expect(texts(await near.received.first(3))).toEqual(expected);
  expect(near.connection).toMatchObject({ remote: transport.address, local: true });
});

test('closing is told once, and soon', async () => {
  const { transport, host } = await listen();
  const client = platformClient(transport.address);
  const near = await connected(client);
  near.connection.close();
  near.connection.close();
  expect(await near.closed.first(1)).toEqual([undefined]);
  expect(near.connection.send(Uint8Array.of(1))).toBe(false);
  await near.connection.flush();
  const [far] = await host.connections.first(1);
  expect(await far?.closed.first(1)).toEqual([undefined]);
  await client.close();
  expect(near.closed.all).toHaveLength(1);
});

test('closing waits for no goodbye of the far end', async () => {
  const { server, url } = await strangeServer();
  const client = platformClient(url);
  for (const close of ['connection', 'transport']) {
    const near = await connected(client);
    for (const socket of server.clients) socket.pause();
    if (close === 'connection') near.connection.close();
    else await client.close();
    expect(await near.closed.first(1)).toEqual([undefined]);
  }
});

test('it opens again after its connection was lost', async () => {
  const { transport, host } = await listen();
  const client = platformClient(transport.address);
  const near = await connected(client);
  (await host.connections.first(1))[0]?.connection.close();
  expect(await near.closed.first(1)).toEqual([expect.any(Error)]);
  await connected(client);
  expect(await host.connections.first(2)).toHaveLength(2);
});

test('text is refused', async () => {
  const { server, url } = await strangeServer();
  const near = await connected(platformClient(url));
  const [socket] = [...server.clients];
  socket?.send('text');
  expect(await near.closed.first(1)).toEqual([
    expect.objectContaining({ message: expect.stringContaining('text') }),
  ]);
  expect(near.received.all).toEqual([]);
});

test('a message over the limit is refused', async () => {
  const { server, url } = await strangeServer();
  const client = platformClient(url, { frameBytes: 1000 });
  const near = await connected(client);
  const [socket] = [...server.clients];
  socket?.send(new Uint8Array(client.features.maxSendBytes + 1));
  expect(await near.closed.first(1)).toEqual([
    expect.objectContaining({ message: expect.stringContaining('allowed') }),
  ]);
  expect(near.received.all).toEqual([]);
});

test('an opening that nothing answers ends in time', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const client = platformClient(`ws://127.0.0.1:${port}`, { helloMs: 50 });
  await expect(open(client)).rejects.toThrow('did not answer in time');
});

test('a server that does not read makes send ask for a pause, until it reads on', async () => {
  const { server, url } = await strangeServer();
  const near = await connected(platformClient(url));
  const [socket] = [...server.clients];
  socket?.pause();
  while (near.connection.send(new Uint8Array(64 * 1024)))
    await new Promise((resolve) => setImmediate(resolve));
  expect(near.writable.all).toEqual([]);
  const flushed = near.connection.flush();
  socket?.resume();
  await Promise.all([near.writable.first(1), flushed]);
  expect(near.writable.all).toHaveLength(1);
});

test('flush settles when the connection dies, and no timer stays', async () => {
  const { server, url } = await strangeServer();
  const host = seenHost();
  const timers = new Set<unknown>();
  const { setTimer, clearTimer } = host.env;
  const env = {
    ...host.env,
    setTimer: (callback: () => void, ms: number) => {
      const timer = setTimer(() => {
        timers.delete(timer);
        callback();
      }, ms);
      timers.add(timer);
      return timer;
    },
    clearTimer: (timer: unknown) => {
      timers.delete(timer);
      clearTimer(timer);
    },
  };
  const client = platformClient(url);
  await client.open({ ...host, env }, never);
  const [near] = await host.connections.first(1);
  const [socket] = [...server.clients];
  socket?.pause();
  while (near?.connection.send(new Uint8Array(64 * 1024)))
    await new Promise((resolve) => setImmediate(resolve));
  const flushed = near?.connection.flush();
  expect(timers.size).toBe(1);
  socket?.terminate();
  await Promise.all([flushed, near?.closed.first(1)]);
  expect(timers.size).toBe(0);
});

test('an opening that fails or is called off says why and leaves nothing', async () => {
  const { transport, host } = await listen();
  const client = platformClient(transport.address);
  const abort = new AbortController();
  const opening = client.open(host, abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(opening).rejects.toBe(reason);
  await expect(client.open(host, abort.signal)).rejects.toBe(reason);
  const connecting = client.open(host, never);
  await client.close();
  await expect(connecting).rejects.toThrow('closed while it was opened');
  await transport.close();
  await expect(open(client)).rejects.toThrow('nothing listens there');
  expect(host.connections.all).toEqual([]);
});

test('the build for pages cannot listen, and says so', () => {
  expect(() => transportOfPages({ listen: { port: 0 } } as never)).toThrow(
    expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
  );
});

test('a platform without WebSocket is told of without credentials', async () => {
  vi.stubGlobal('WebSocket', undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { transport } = transportOfPages({
    connect: 'wss://user:secret@example.com/bus?key=secret',
  });
  await expect(open(transport)).rejects.toThrow(
    "option 'connect' is 'wss://example.com/bus': give it on a platform that has WebSocket",
  );
});
