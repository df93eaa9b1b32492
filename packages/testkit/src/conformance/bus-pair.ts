import type { AnyContract, Bus, Host } from '@bus/core';
import { createBus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import type { TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { probe } from '../probe.ts';
import { quiet } from '../quiet.ts';
import type { TransportEnd } from './fixture.ts';
import type { Trial } from './trial.ts';

/** A bus with what most programs install. */
export type PairedBus = Bus<AnyContract, GlobRouter | PubSub | Correlation>;

/** Two buses that have a link and nothing else between them. */
export interface BusPair {
  readonly left: PairedBus;
  readonly right: PairedBus;
}

/** Starts a bus at each end, waits until they know each other, tries something, and stops them. */
export async function withBusPair(
  trial: Trial,
  use: (pair: BusPair) => Promise<void>,
): Promise<void> {
  const left = pairedBus(trial, 'left');
  const right = pairedBus(trial, 'right');
  try {
    await startBoth(trial, left, right);
    await use({ left, right });
  } finally {
    const stopped = [left, right].map((bus) => bus.stop({ drainMs: 100 }));
    await trial.patience.of(Promise.allSettled(stopped), 'both buses to stop');
  }
}

/** Waits until what listens to `pattern` at the other end is known here, so that it gets messages. */
export async function knows(trial: Trial, bus: PairedBus, pattern: string): Promise<void> {
  await trial.patience.until(
    () => bus.endpoints(pattern).some((endpoint) => endpoint.kind === 'remote'),
    `bus ${bus.id} to be told that the other end wants '${pattern}'`,
  );
}

/** Counts and gathers what a handler gets. */
export class Inbox<T> {
  readonly items: T[] = [];
  readonly #trial: Trial;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  readonly add = (item: T): void => {
    this.items.push(item);
    this.#trial.patience.changed();
  };

  async has(count: number, what: string): Promise<void> {
    await this.#trial.patience.until(() => this.items.length >= count, `${count} ${what}`);
  }
}

const hosts = new WeakMap<PairedBus, Host>();

/** What a plugin of one of the buses gets. */
export function hostOf(bus: PairedBus): Host {
  const host = hosts.get(bus);
  if (host === undefined) throw new Error(`'${bus.id}' is no bus of the pair`);
  return host;
}

function pairedBus(trial: Trial, id: 'left' | 'right'): PairedBus {
  const { plugin, host } = probe();
  const transport = pluginOf(trial.fixture[id]);
  const bus = createBus({ id, env: trial.env, log: quiet }).use(
    routerGlob(),
    pubsub(),
    correlation(),
    transport,
    plugin,
  );
  hosts.set(bus, host());
  return bus;
}

/** A bare transport is given a border that lets everything through. */
function pluginOf(end: TransportEnd): TransportPlugin {
  if ('transport' in end) return end;
  return defineTransport(end, { receive: ['**'], send: ['**'], token: 'conformance' });
}

async function startBoth(trial: Trial, left: PairedBus, right: PairedBus): Promise<void> {
  const up = new Set<string>();
  for (const bus of [left, right]) {
    bus.subscribe('$bus.peer.up', () => {
      up.add(bus.id);
      trial.patience.changed();
    });
    bus.subscribe('$bus.endpoint.*', () => trial.patience.changed());
  }
  const { sides } = trial;
  const [first, second] = sides?.listener === trial.right ? [right, left] : [left, right];
  // What listens is there before what connects, as in most programs.
  if (sides !== undefined) await first.start();
  await Promise.all(sides === undefined ? [first.start(), second.start()] : [second.start()]);
  await trial.patience.until(() => up.size === 2, `$bus.peer.up at both ends`);
}
