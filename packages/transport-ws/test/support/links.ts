import { platformEnv } from '@bus/core';
import type { Connection, LinkOptions, Transport, TransportHost } from '@bus/wire';
import { onTestFinished } from 'vitest';
import type { ListenOptions } from '../../src/index.ts';
import { transportWs } from '../../src/index.ts';

/** A value that comes later, and those who wait for it. */
class Arrivals<T> {
  readonly all: T[] = [];
  readonly #waiting: (() => void)[] = [];

  add(value: T): void {
    this.all.push(value);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The first `count`, as soon as there are so many. */
  async first(count: number): Promise<T[]> {
    while (this.all.length < count) await new Promise<void>((wake) => this.#waiting.push(wake));
    return this.all.slice(0, count);
  }
}

/** One connection with all that its transport has told of it. */
export interface Seen {
  readonly connection: Connection;
  readonly received: Arrivals<Uint8Array>;
  readonly writable: Arrivals<true>;
  readonly closed: Arrivals<unknown>;
}

export interface SeenHost extends TransportHost {
  readonly connections: Arrivals<Seen>;
  readonly failures: Arrivals<unknown>;
  readonly warnings: Arrivals<string>;
}

export function seenHost(): SeenHost {
  const connections = new Arrivals<Seen>();
  const failures = new Arrivals<unknown>();
  const warnings = new Arrivals<string>();
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message: string) => warnings.add(message),
    error: (message: string) => warnings.add(message),
  };
  return {
    env: platformEnv(),
    log,
    busId: 'test',
    connections,
    failures,
    warnings,
    failed: (error) => failures.add(error),
    connected(connection) {
      const seen: Seen = {
        connection,
        received: new Arrivals(),
        writable: new Arrivals(),
        closed: new Arrivals(),
      };
      connections.add(seen);
      return {
        receive: (bytes) => seen.received.add(bytes),
        writable: () => seen.writable.add(true),
        closed: (error) => seen.closed.add(error),
      };
    },
  };
}

/** Bytes as text: to compare thousands of them one by one takes long. */
export function texts(messages: readonly Uint8Array[] | undefined): string[] | undefined {
  return messages?.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength).toString('latin1'),
  );
}

const never = new AbortController().signal;

/** Opens a transport until the end of the test. */
export async function open(transport: Transport, signal: AbortSignal = never): Promise<SeenHost> {
  const host = seenHost();
  onTestFinished(() => transport.close());
  await transport.open(host, signal);
  return host;
}

/** A listener on a free port until the end of the test. */
export async function listen(
  listening: ListenOptions = { port: 0 },
  options?: LinkOptions,
): Promise<{ transport: Transport; host: SeenHost }> {
  const { transport } = transportWs({ listen: listening }, options);
  return { transport, host: await open(transport) };
}

/** Both ends of one connection. */
export async function linked(
  options?: LinkOptions,
): Promise<{ near: Seen; far: Seen; listener: Transport; client: Transport }> {
  const { transport: listener, host } = await listen({ port: 0 }, options);
  const { transport: client } = transportWs({ connect: listener.address }, options);
  const clientHost = await open(client);
  const [[near], [far]] = [await clientHost.connections.first(1), await host.connections.first(1)];
  if (near === undefined || far === undefined) throw new Error('not connected');
  return { near, far, listener, client };
}
