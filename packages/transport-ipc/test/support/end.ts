import type { Connection, Transport } from '@bus/wire';
import { onTestFinished } from 'vitest';
import { quietHost } from './host.ts';

/** One connection, and what was told of it. */
export class Side {
  readonly connection: Connection;
  readonly chunks: Uint8Array[] = [];
  readonly calls: string[] = [];
  /** Why it was closed. */
  error: unknown;
  readonly #watchers = new Set<() => void>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  told(call: string): void {
    this.calls.push(call);
    for (const watch of this.#watchers) watch();
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  async until(condition: (side: this) => boolean): Promise<void> {
    while (!condition(this))
      await new Promise<void>((resolve) => {
        const watch = () => {
          this.#watchers.delete(watch);
          resolve();
        };
        this.#watchers.add(watch);
      });
  }

  received(bytes: number): Promise<void> {
    return this.until(() => this.bytes >= bytes);
  }

  get closed(): Promise<void> {
    return this.until(({ calls }) => calls.includes('closed'));
  }
}

/** A transport without a bus. */
export class End {
  readonly transport: Transport;
  readonly sides: Side[] = [];
  readonly failures: unknown[] = [];
  readonly #waiting: ((side: Side) => void)[] = [];

  constructor({ transport }: { readonly transport: Transport }) {
    this.transport = transport;
    onTestFinished(() => this.transport.close());
  }

  open(signal: AbortSignal = new AbortController().signal): Promise<void> {
    const host = quietHost(
      (connection) => {
        const side = new Side(connection);
        this.sides.push(side);
        for (const waiting of this.#waiting.splice(0)) waiting(side);
        return {
          receive: (bytes) => {
            side.chunks.push(bytes);
            side.told('receive');
          },
          writable: () => side.told('writable'),
          closed: (error) => {
            side.error = error;
            side.told('closed');
          },
        };
      },
      (error) => this.failures.push(error),
    );
    return this.transport.open(host, signal);
  }

  /** The n-th connection, as soon as there is one. */
  async side(index = 0): Promise<Side> {
    for (;;) {
      const found = this.sides[index];
      if (found !== undefined) return found;
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** The one connection of an end that has a port. */
export async function opened(end: End): Promise<Side> {
  await end.open();
  return end.side();
}

/** Bytes that tell their place. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}
