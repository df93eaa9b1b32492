import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { transportWs } from '../src/index.ts';
import { listen, seenHost } from './support/links.ts';

const never = new AbortController().signal;
const server = createServer();

test.each([
  ['listen', {}],
  ['connect', { listen: { port: 0 }, connect: 'ws://localhost' }],
  ['conect', { conect: 'ws://localhost' }],
  ['origin', { listen: { port: 0, origin: ['https://good.com'] } }],
  ['listen.port', { listen: {} }],
  ['listen.port', { listen: { port: -1 } }],
  ['listen.port', { listen: { port: 65_536 } }],
  ['listen.port', { listen: { port: 1.5 } }],
  ['listen.port', { listen: { port: '80' } }],
  ['listen.host', { listen: { port: 0, host: '' } }],
  ['listen.server', { listen: { server: {} } }],
  ['listen.server', { listen: { server: null } }],
  ['listen.server', { listen: { server, port: 0 } }],
  ['listen.server', { listen: { server, host: '0.0.0.0' } }],
  ['listen.path', { listen: { port: 0, path: 'bus' } }],
  ['listen.path', { listen: { port: 0, path: '/bus?x' } }],
  ['listen.path', { listen: { port: 0, path: '/bus#x' } }],
  ['listen.origins', { listen: { port: 0, origins: 'https://good.com' } }],
  ['connect', { connect: '' }],
  ['connect', { connect: 'localhost:80' }],
  ['connect', { connect: 'http://localhost' }],
  ['connect', { connect: 'ws://localhost/#part' }],
  ['connect', { connect: 5 }],
])('says that %s is wrong in %o', (option, target) => {
  expect(() => transportWs(target as never)).toThrow(
    expect.objectContaining({
      code: 'BUS_OPTION_INVALID',
      details: expect.objectContaining({ option }),
    }),
  );
});

test.each([
  { frameBytes: Number.NaN },
  { frameBytes: 0 },
  { frameBytes: 2 ** 31 },
  { connections: Number.POSITIVE_INFINITY },
  { pendingConnections: -1 },
  { helloMs: 0 },
  { connections: '5' as unknown as number },
])('refuses limits that would be none: %o', (limits) => {
  expect(() => transportWs({ listen: { port: 0 } }, { limits })).toThrow(
    expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
  );
});

test('an address in use is refused, with the platform’s error as cause', async () => {
  const { transport } = await listen();
  const { port } = new URL(transport.address);
  const { transport: second } = transportWs({ listen: { port: Number(port) } });
  await expect(second.open(seenHost(), never)).rejects.toMatchObject({
    code: 'BUS_OPTION_INVALID',
    message: expect.stringContaining(`127.0.0.1:${port} (EADDRINUSE)`),
    cause: expect.objectContaining({ code: 'EADDRINUSE' }),
  });
  await transport.close();
  await second.open(seenHost(), never);
  await second.close();
});

test('an address shows no credentials and no query', () => {
  const { transport } = transportWs({ connect: 'wss://user:secret@example.com/bus?token=secret' });
  expect(transport.address).toBe('wss://example.com/bus');
});

test('no error shows credentials', () => {
  const connect = 'wss://user:secret@example.com/bus';
  const text = (target: object): string => {
    try {
      transportWs(target as never);
    } catch (error) {
      return JSON.stringify([(error as Error).message, (error as { details?: unknown }).details]);
    }
    return 'no error';
  };
  expect(text({ connect, listen: { port: 0 } })).toMatch(/^(?!.*secret).*'connect'/);
  expect(text({ connect: `${connect}#part` })).toMatch(/^(?!.*secret).*'connect'/);
});

test('the address is the real one after opening, also in the plugin', async () => {
  const plugin = transportWs({ listen: { port: 0, path: '/bus' } });
  expect(plugin.transport.address).toBe('ws://127.0.0.1:0/bus');
  await plugin.transport.open(seenHost(), never);
  expect(plugin.transport.address).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*\/bus$/);
  await plugin.transport.close();
});
