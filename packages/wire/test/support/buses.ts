import type { BusOptions, Host } from '@bus/core';
import { definePlugin } from '@bus/core';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import { onTestFinished } from 'vitest';
import type { PeerChange } from '../../src/link/peer.ts';
import type { LinkReport } from '../../src/link/report.ts';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import type { LinkOptions } from '../../src/plugin/options.ts';
import type { Transport } from '../../src/plugin/transport.ts';
import { Cable } from './cable.ts';
import type { LinkedBus } from './linked-bus.ts';
import { linkedBus } from './linked-bus.ts';

/** One side of a link, as a bus is given it. */
export type Side = readonly [transport: Transport, options?: LinkOptions];

const hosts = new WeakMap<LinkedBus, Host>();

/** What a plugin of a bus gets. */
export function hostOf(bus: LinkedBus): Host {
  const host = hosts.get(bus);
  if (host === undefined) throw new Error(`'${bus.id}' was not made here`);
  return host;
}

const told = new WeakMap<LinkedBus, PeerChange[]>();

/** What the plugins of a bus have been told of its peers. */
export function peersOf(bus: LinkedBus): readonly PeerChange[] {
  return told.get(bus) ?? [];
}

/** Buses that share a virtual clock. */
export class Buses {
  readonly env: VirtualEnv = virtualEnv({ seed: 3 });
  readonly #all: LinkedBus[] = [];

  constructor() {
    onTestFinished(async () => {
      await this.run(Promise.allSettled(this.#all.map((bus) => bus.stop({ drainMs: 10 }))), 60_000);
    });
  }

  cable(): Cable {
    return new Cable(this.env);
  }

  bus(id: string, sides: readonly Side[], options: BusOptions = {}): LinkedBus {
    const bus = linkedBus({ id, env: this.env, ...options });
    for (const [transport, link] of sides) bus.use(defineTransport(transport, link));
    const probe = definePlugin({
      name: 'probe',
      setup(host) {
        hosts.set(bus, host);
        const changes: PeerChange[] = [];
        told.set(bus, changes);
        host.hooks.fact.tap(({ value }) => {
          changes.push(value);
        });
        return undefined;
      },
    });
    bus.use(probe);
    this.#all.push(bus);
    return bus;
  }

  /** Starts them all, in order, and lets them get to know each other. */
  async start(): Promise<void> {
    const started = this.#all.filter(({ state }) => state === 'idle').map((bus) => bus.start());
    await this.run(Promise.all(started));
    await this.settle();
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) await this.env.settle();
  }

  /** Lets time pass until a promise settles. */
  async run<T>(promise: Promise<T>, mostMs = 10_000): Promise<T> {
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

/** Two linked buses: `left` listens. */
export interface Pair extends Buses {
  readonly left: LinkedBus;
  readonly right: LinkedBus;
  readonly link: Cable;
}

/** Makes and starts two linked buses; `before` gets them before they start. */
export async function pair(
  left: LinkOptions = {},
  right: LinkOptions = {},
  before: (buses: { left: LinkedBus; right: LinkedBus }) => void = () => undefined,
): Promise<Pair> {
  const buses = new Buses();
  const link = buses.cable();
  const two = {
    left: buses.bus('left', [[link.listener, left]]),
    right: buses.bus('right', [[link.connector, right]]),
  };
  before(two);
  await buses.start();
  return Object.assign(buses, { ...two, link });
}

/** A hub with leaves, which are linked to it alone. */
export async function star(
  leaves: Readonly<Record<string, LinkOptions>>,
  hubOptions: LinkOptions = {},
): Promise<{ buses: Buses; hub: LinkedBus; cable: Cable; leaf: (id: string) => LinkedBus }> {
  const buses = new Buses();
  const cable = buses.cable();
  const hub = buses.bus('hub', [[cable.listener, hubOptions]]);
  const all = new Map<string, LinkedBus>();
  for (const [id, options] of Object.entries(leaves)) {
    all.set(id, buses.bus(id, [[cable.another(), options]]));
  }
  await buses.start();
  return { buses, hub, cable, leaf: (id) => all.get(id) as LinkedBus };
}

/** The links of a bus, as it reports them. */
export function linksOf(bus: LinkedBus): readonly LinkReport[] {
  return bus.inspect().links as readonly LinkReport[];
}

/** The patterns that other buses want to be sent, as this one knows them. */
export function remotePatterns(bus: LinkedBus): readonly string[] {
  return bus
    .endpoints()
    .filter(({ kind }) => kind === 'remote')
    .map(({ pattern }) => pattern)
    .sort();
}

/** Everything that a stream gives. */
export async function all<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
