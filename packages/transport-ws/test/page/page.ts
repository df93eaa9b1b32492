// Runs in the browser of browser.test.ts; what it defines as `busPage` is called from there.
import { createBus, platformEnv } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { payloadFaults } from '@bus/test-support/payloads';
import { transportWs } from '@bus/transport-ws';
import type { Connection, ConnectionEvents } from '@bus/wire';

const never = new AbortController().signal;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function open(
  url: string,
  events: Partial<ConnectionEvents>,
): Promise<{ connection: Connection; close: () => Promise<void> }> {
  const { transport } = transportWs({ connect: url });
  let opened: Connection | undefined;
  const connected = (connection: Connection): ConnectionEvents => {
    opened = connection;
    return { receive() {}, writable() {}, closed() {}, ...events };
  };
  const failed = () => undefined;
  const host = { env: platformEnv(), log: silent, busId: 'page', connected, failed };
  await transport.open(host, never);
  if (opened === undefined) throw new Error('opened without a connection');
  return { connection: opened, close: () => transport.close() };
}

/** Sends numbered messages to a listener that sends them back, and says what came. */
async function exchange(url: string, count: number): Promise<number[]> {
  const came: number[] = [];
  await new Promise<void>((resolve, reject) => {
    const receive = (bytes: Uint8Array): void => {
      came.push(bytes[0] ?? -1);
      if (came.length === count) resolve();
    };
    open(url, { receive }).then(async ({ connection }) => {
      for (let sent = 0; sent < count; sent += 1) connection.send(Uint8Array.of(sent, 0, 255));
      await connection.flush();
    }, reject);
  });
  return came;
}

/** Sends until it is asked to pause, waits until it may go on, and says how many were sent. */
async function fill(url: string): Promise<number> {
  let sent = 0;
  await new Promise<void>((resolve, reject) => {
    open(url, { writable: resolve }).then(({ connection }) => {
      do sent += 1;
      while (connection.send(new Uint8Array(64 * 1024)));
    }, reject);
  });
  return sent;
}

/** What an opening that fails says. */
async function refusal(url: string): Promise<string> {
  try {
    await open(url, {});
    return 'opened';
  } catch (error) {
    return String(error);
  }
}

/** Resolves when the far end has closed. */
async function closed(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    open(url, { closed: (error) => resolve(`closed: ${error}`) }).catch(reject);
  });
}

/** Opens, closes and waits for both to be told. */
async function openAndClose(url: string): Promise<string> {
  let told = 0;
  const link = await open(url, {
    closed: () => {
      told += 1;
    },
  });
  await link.close();
  await link.close();
  await new Promise((resolve) => platformEnv().setTurn(() => resolve(undefined)));
  return `told ${told} times`;
}

/** A whole bus in the page: sends every event on `to.page` back on `from.page`, doubled. */
async function startBus(url: string): Promise<void> {
  const link = transportWs({ connect: url }, { token: 'secret' });
  const bus = createBus({ log: silent }).use(pubsub()).use(link);
  bus.subscribe('to.page', ({ payload }) => bus.publish('from.page', 2 * Number(payload)));
  await bus.start();
}

/** Asks a listener for every payload, and says what did not arrive as it was. */
async function payloads(url: string): Promise<string[]> {
  const link = transportWs({ connect: url }, { token: 'secret' });
  const bus = createBus({ log: silent }).use(correlation()).use(link);
  await bus.start();
  return payloadFaults(bus, true);
}

const busPage = { startBus, payloads, exchange, fill, refusal, closed, openAndClose };
Object.assign(globalThis, { busPage });

/** What the tests may call in the page. */
export type BusPage = typeof busPage;
