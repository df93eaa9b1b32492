import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBus } from '@bus/core';
import { quiet } from '@bus/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';

/** A web server that knows no bus. */
async function webServer(): Promise<number> {
  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each([
  ['nobody listens', async () => 'ws://127.0.0.1:9/bus', /127\.0\.0\.1:9.*ECONNREFUSED/],
  [
    'a web server answers that has no bus',
    async () => `ws://127.0.0.1:${await webServer()}/bus`,
    /answered 200 instead of opening a WebSocket/,
  ],
  [
    'a server does not speak TLS',
    async () => `wss://127.0.0.1:${await webServer()}/bus`,
    /wss:.*EPROTO/s,
  ],
])('a start where %s says so, in its error and in one line of the log', async (_, at, why) => {
  const logged: string[] = [];
  const log = { ...quiet, warn: (line: string) => void logged.push(line) };
  const link = transportWs({ connect: await at() });
  const error = await createBus({ log, startTimeoutMs: 500 })
    .use(link)
    .start()
    .catch((reason) => reason);
  expect(error).toMatchObject({
    code: 'BUS_PLUGIN_START_TIMEOUT',
    message: expect.stringMatching(why),
  });
  expect(logged).toEqual([expect.stringMatching(why)]);
});
