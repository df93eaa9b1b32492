import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Bus } from '@bus/core';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { quietLog } from './support/host.ts';

/** Written without the package's own code, as a client in another language would be. */
function frame(type: number, body: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(body as string);
  const head = Buffer.from([0, 0, 0, 0, type, 0]);
  head.writeUInt32BE(bytes.length + 2);
  return Buffer.concat([head, bytes]);
}

const hello = frame(
  1,
  JSON.stringify({
    protocol: 1,
    busId: 'raw',
    instance: 'raw-1',
    idPrefix: 'raw-',
    codecs: ['msgpack'],
    limits: {
      frameBytes: 65_536,
      windowMessages: 100,
      windowBytes: 65_536,
      pendingRequests: 10,
      unacknowledged: 10,
      interests: 10,
      depth: 32,
      nodes: 1000,
      mapEntries: 100,
      headerBytes: 1000,
    },
    credentials: {},
  }),
);

/** A name, and an event on it for interest 1 whose payload is the number 7. */
const event = frame(
  6,
  Buffer.from('018bcfe56800' + '010000000400' + '6f2e61' + '020000000501' + '00000007', 'hex'),
);

class RawSocket {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #watch: () => void = () => undefined;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#watch();
    });
    onTestFinished(() => void this.socket.destroy());
  }

  /** The body of the first frame of a type, as soon as it is there. */
  async body(type: number): Promise<string> {
    for (;;) {
      for (let at = 0; at + 6 <= this.#bytes.length; ) {
        const end = at + 4 + this.#bytes.readUInt32BE(at);
        if (end > this.#bytes.length) break;
        if (this.#bytes[at + 4] === type) return this.#bytes.subarray(at + 6, end).toString();
        at = end;
      }
      await new Promise<void>((resolve) => {
        this.#watch = resolve;
      });
    }
  }

  async link(): Promise<void> {
    this.socket.write(hello);
    await this.body(2);
    this.socket.write(Buffer.concat([frame(2), frame(4, '[]')]));
    await this.body(4);
  }
}

async function listening(): Promise<{
  readonly bus: Bus<Record<string, { payload: unknown }>, never>;
  readonly path: string;
  readonly got: Promise<unknown>;
}> {
  const path = join(await directory(), 's');
  const bus = createBus({ id: 'hub', log: quietLog }).use(
    pubsub(),
    transportIpc({ listen: path }, { limits: { helloMs: 60_000 } }),
  );
  onTestFinished(() => bus.stop({ drainMs: 10 }));
  const got = new Promise<unknown>((resolve) =>
    bus.subscribe('o.a', ({ payload }) => resolve(payload)),
  );
  await bus.start();
  return { bus: bus as never, path, got };
}

describe('a peer that speaks bytes over a socket', () => {
  it('is understood, also byte by byte', async () => {
    const { path, got } = await listening();
    const peer = new RawSocket(path);
    await peer.link();
    peer.socket.setNoDelay();
    for (const byte of event) peer.socket.write(Uint8Array.of(byte));
    expect(await got).toBe(7);
  });

  it('and breaks the protocol is told so and closed, and the others do not notice', async () => {
    const { path, got } = await listening();
    const good = new RawSocket(path);
    await good.link();
    for (const bytes of [
      Buffer.alloc(64, 0xff),
      Buffer.alloc(64),
      frame(99),
      hello.subarray(0, 30),
    ]) {
      const bad = new RawSocket(path);
      const closed = once(bad.socket, 'close');
      bad.socket.write(bytes);
      if (bytes.length === 30) bad.socket.end();
      else expect(JSON.parse(await bad.body(3)).code).toMatch(/^WIRE_/);
      await closed;
    }
    good.socket.write(event);
    expect(await got).toBe(7);
    expect(good.socket.destroyed).toBe(false);
  });
});
