import type {
  AnyBusError,
  AnyContract,
  Bus,
  Host,
  Measurement,
  Message,
  Plugin,
  SendOptions,
} from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import { onTestFinished } from 'vitest';
import type {
  Health,
  HealthChanged,
  HealthInspection,
  HealthOptions,
  HealthReport,
} from '../../src/index.ts';
import { health } from '../../src/index.ts';

type HealthyBus = Bus<AnyContract, GlobRouter | PubSub | Correlation | Health>;

/** A bus with the plugin on a virtual clock. */
export interface Bench {
  readonly env: VirtualEnv;
  readonly bus: HealthyBus;
  readonly host: Host;
  /** What `$bus.health.changed` told, as `id from>to`. */
  readonly changes: string[];
  /** What the `error` observers were told. */
  readonly errors: AnyBusError[];
  inspect(): HealthInspection;
  measure(): Readonly<Record<string, number>>;
  /** The code a request ends with, or its reply. */
  ask(topic: string, options?: SendOptions & { readonly payload?: unknown }): Promise<unknown>;
}

export async function bench(
  options: HealthOptions & { readonly env?: VirtualEnv; readonly plugin?: Plugin } = {},
): Promise<Bench> {
  const { env = virtualEnv({ seed: 7 }), plugin, ...healthOptions } = options;
  let host: Host | undefined;
  const errors: AnyBusError[] = [];
  const probe = definePlugin({
    name: 'probe',
    setup(given) {
      host = given;
      given.hooks.error.tap((error) => void errors.push(error));
      return undefined;
    },
  });
  const none = definePlugin({ name: 'none', setup: () => undefined });
  const bus = createBus({ id: 'here', env, log: quiet }).use(
    routerGlob(),
    pubsub(),
    correlation(),
    health(healthOptions),
    probe,
    plugin ?? none,
  );
  const changes: string[] = [];
  bus.subscribe('$bus.health.changed', ({ payload }) => {
    const { subject, from, to } = payload as HealthChanged;
    changes.push(`${subject.id} ${from}>${to}`);
  });
  await bus.start();
  onTestFinished(async () => {
    const stopped = bus.stop({ drainMs: 0 });
    await env.advance(100);
    await stopped;
  });
  if (host === undefined) throw new Error('the probe was not set up');
  const known = host;
  return {
    env,
    bus,
    host: known,
    changes,
    errors,
    inspect: () => bus.inspect().plugins['@bus/health'] as HealthInspection,
    measure: () => Object.fromEntries(known.measurements().map(labelled)),
    ask: (topic, { payload = 1, ...sendOptions } = {}) =>
      bus.request(topic, payload, sendOptions).then(
        (reply) => reply,
        (error) => error.code,
      ),
  };
}

function labelled({ name, labels, value }: Measurement): readonly [string, number] {
  return [labels === undefined ? name : `${name} ${Object.values(labels).join()}`, value];
}

/** A handler that does as it is told, and counts its runs. */
export class Switch {
  ok = true;
  runs = 0;
  readonly #reply: unknown;

  constructor(reply: unknown) {
    this.#reply = reply;
  }

  readonly handle = (_message: Message): unknown => {
    this.runs++;
    if (!this.ok) throw new Error('broken');
    return this.#reply;
  };

  /** Fails from now on, and as often as it takes for its breaker to open. */
  async breakDown(ask: () => Promise<unknown>): Promise<void> {
    const { runs } = this;
    this.ok = false;
    while (this.runs < runs + 5) await ask();
  }
}

/** Whoever is in the report, with their states. */
export function unwell({ endpoints, peers }: HealthReport): Record<string, string> {
  const all = [...endpoints, ...peers].filter(({ state }) => state !== 'healthy');
  return Object.fromEntries(all.map(({ name, id, state }) => [name ?? id, state]));
}
