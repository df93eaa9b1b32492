import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';

/** A client that is not ours, open until the end of the test. */
export async function openSocket(
  url: string,
  options?: WebSocket.ClientOptions,
): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  onTestFinished(() => {
    socket.on('error', () => undefined);
    socket.terminate();
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return socket;
}

/** The status a request for a WebSocket is answered with, 101 where it is granted. */
export function statusOf(url: string, options?: WebSocket.ClientOptions): Promise<number> {
  const socket = new WebSocket(url, options);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('upgrade', () => resolve(101));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  }).finally(() => {
    socket.removeAllListeners('error');
    socket.on('error', () => undefined);
    socket.terminate();
  }) as Promise<number>;
}

/** A TCP connection to where a URL points, to write what no client would. */
export async function openTcp(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the far end closes. */
export async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'close');
  return text;
}

/** The request for a WebSocket, as text. */
export function upgradeRequest(url: string, headers: readonly string[] = []): string {
  const { host, pathname } = new URL(url);
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${createHash('md5').update(url).digest('base64')}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A WebSocket opened by hand; what comes before the first frame is not looked at. */
export async function openByHand(url: string): Promise<Socket> {
  const socket = await openTcp(url);
  socket.write(upgradeRequest(url));
  await once(socket, 'data');
  return socket;
}

/** A frame of up to 125 bytes under a mask of zeros. */
export function frame(opcode: number, final: boolean, payload: Uint8Array): Uint8Array {
  return Uint8Array.of((final ? 0x80 : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload);
}
