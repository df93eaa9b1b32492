import type { AnyContract, Bus, BusOptions } from '@bus/core';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import type { MemoryLink } from '@bus/testkit';
import { memoryTransport } from '@bus/testkit';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import type { LinkOptions, Transport } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { onTestFinished } from 'vitest';
import type { ReliableOptions } from '../../src/index.ts';
import { reliable } from '../../src/index.ts';
import type { ReliableBus } from './bench.ts';
import { steady } from './bench.ts';

/** One side of a link, as a bus is given it. */
export type Side = readonly [transport: Transport, options?: LinkOptions];

/** Buses on one virtual clock, with links in memory between them. */
export class Network {
  readonly env: VirtualEnv;
  readonly #all: Bus<AnyContract>[] = [];

  constructor(seed = 1) {
    this.env = virtualEnv({ seed });
    onTestFinished(async () => {
      const stopped = Promise.all(this.#all.map((bus) => bus.stop({ drainMs: 0 })));
      await this.until(stopped);
    });
  }

  link(): MemoryLink {
    return memoryTransport();
  }

  /** A started bus; those of one id follow each other. */
  async bus(
    id: string,
    sides: readonly Side[],
    options: ReliableOptions = steady,
    busOptions: BusOptions = {},
  ): Promise<ReliableBus> {
    const bus = createBus({ id, env: this.env, log: quiet, ...busOptions }).use(
      routerGlob(),
      pubsub(),
      reliable(options),
    );
    const reconnect = { baseMs: 10, maxMs: 50 };
    const links = sides.map(([transport, link]) =>
      defineTransport(transport, { reconnect, ...link }),
    );
    const all = bus.use(...links);
    this.#all.push(all);
    await this.until(all.start());
    return all;
  }

  /** Cuts a link once all is quiet, and lets both ends notice. */
  async cut(link: MemoryLink): Promise<void> {
    await this.settle();
    link.sever();
    await this.settle();
  }

  /** Lets everything happen that needs next to no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) await this.env.settle();
  }

  /** Lets time pass until a promise settles. */
  async until<T>(promise: Promise<T>, mostMs = 60_000): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (let ms = 0; !settled && ms < mostMs; ms += 5) await this.env.advance(5);
    if (!settled) throw new Error(`nothing within ${mostMs} ms`);
    return watched;
  }
}

/** A publisher and a subscriber, with a link between them. */
export async function pair(options: ReliableOptions = steady) {
  const net = new Network();
  const link = net.link();
  const subscriber = await net.bus('there', [[link.left]], options);
  const publisher = await net.bus('here', [[link.right]], options);
  return { net, link, subscriber, publisher };
}
