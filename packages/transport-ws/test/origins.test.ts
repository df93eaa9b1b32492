import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { transportWs } from '../src/index.ts';
import { listen } from './support/links.ts';
import { openTcp, readAll, statusOf, upgradeRequest } from './support/sockets.ts';

const listed = ['https://good.com', 'http://good.com:8080', 'app://desk'];

test.each([
  ['https://good.com', 101],
  ['http://good.com:8080', 101],
  ['app://desk', 101],
  ['http://good.com', 403],
  ['https://good.com:8443', 403],
  ['https://good.com:443', 403],
  ['https://good.com/', 403],
  ['https://GOOD.com', 403],
  ['HTTPS://good.com', 403],
  ['https://good.com.evil.com', 403],
  ['https://evilgood.com', 403],
  ['https://evil.com#https://good.com', 403],
  ['https://good.com@evil.com', 403],
  ['https://sub.good.com', 403],
  ['https://good.co', 403],
  ['https://good.com https://evil.com', 403],
  ['null', 403],
  ['', 403],
  ['*', 403],
])('with origins listed, %s is answered %i', async (origin, status) => {
  const { transport } = await listen({ port: 0, origins: listed });
  expect(await statusOf(transport.address, { headers: { Origin: origin } })).toBe(status);
});

test('a program that shows no origin is not refused', async () => {
  const { transport } = await listen({ port: 0, origins: [] });
  expect(await statusOf(transport.address)).toBe(101);
});

test('two origins in one request are refused, each alone being listed', async () => {
  const { transport } = await listen({ port: 0, origins: listed });
  const socket = await openTcp(transport.address);
  const headers = ['Origin: https://good.com', 'Origin: https://good.com'];
  const answer = readAll(socket);
  socket.write(upgradeRequest(transport.address, headers));
  expect(await answer).toMatch(/^HTTP\/1\.1 403 /);
});

test('the origin header of old versions of the protocol counts too', async () => {
  const { transport } = await listen({ port: 0, origins: listed });
  const options = { protocolVersion: 8, origin: 'https://evil.com' };
  expect(await statusOf(transport.address, options)).toBe(403);
});

test.each([
  ['http://127.0.0.1:PORT', '127.0.0.1:PORT', 101],
  ['https://127.0.0.1:PORT', '127.0.0.1:PORT', 101],
  ['http://localhost:PORT', 'localhost:PORT', 101],
  ['http://[::1]:PORT', '[::1]:PORT', 101],
  ['http://localhost:PORT', '127.0.0.1:PORT', 403],
  ['http://127.0.0.1:1', '127.0.0.1:PORT', 403],
  ['http://127.0.0.1', '127.0.0.1:PORT', 403],
  ['http://rebound.evil.com:PORT', 'rebound.evil.com:PORT', 403],
  ['http://127.0.0.1.evil.com:PORT', '127.0.0.1.evil.com:PORT', 403],
  ['http://192.168.1.5:PORT', '192.168.1.5:PORT', 403],
  ['null', '127.0.0.1:PORT', 403],
  ['file://', '127.0.0.1:PORT', 403],
])('with none listed, %s on host %s is answered %i', async (origin, host, status) => {
  const { transport } = await listen({ port: 0 });
  const { port } = new URL(transport.address);
  const headers = { Origin: origin.replace('PORT', port), Host: host.replace('PORT', port) };
  expect(await statusOf(transport.address, { headers })).toBe(status);
});

test('a refusal is told before 101, has no connection, and is logged once a second', async () => {
  const { transport, host } = await listen({ port: 0 });
  const headers = { Origin: 'https://evil.com' };
  for (let count = 0; count < 5; count += 1)
    expect(await statusOf(transport.address, { headers })).toBe(403);
  expect(host.connections.all).toEqual([]);
  expect(host.warnings.all.length).toBeGreaterThan(0);
  expect(host.warnings.all.length).toBeLessThan(5);
  expect(host.warnings.all[0]).toMatch(/TRANSPORT_WS_ORIGIN_REFUSED.*'https:\/\/evil\.com'/);
});

test('a refused socket that stays is given up by the listener', async () => {
  const { transport } = await listen({ port: 0 });
  const { hostname, port } = new URL(transport.address);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.write(upgradeRequest(transport.address, ['Origin: https://evil.com']));
  await new Promise((resolve) => socket.resume().once('end', resolve));
  await transport.close();
  socket.destroy();
});

test.each([
  ['*'],
  ['null'],
  ['good.com'],
  ['https://good.com/'],
  ['https://*.good.com'],
  ['https://good.com:443'],
  ['https://GOOD.com'],
  ['https://user@good.com'],
  ['https://'],
  [5],
])('refuses %s as an entry of the list, which could match nothing', (origin) => {
  const origins = [origin as string];
  expect(() => transportWs({ listen: { port: 0, origins } })).toThrow(
    expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
  );
});
