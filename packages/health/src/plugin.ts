import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { HealthApi, HealthOptions } from './api.ts';
import { Monitor } from './monitor.ts';
import { settingsOf } from './options.ts';
import { ping } from './ping.ts';

/** The capability of {@link health}: `bus.health`, and the option `fallback` of `handle`. */
export interface Health extends Capability {
  /** What messages about missing capabilities call it. */
  readonly name: 'health';
  /** The method that it has a further form of. */
  readonly extends: 'handle';
  /** What a bus has with it. */
  readonly api: HealthApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link health} provides, for plugins that require it. */
export const Health: CapabilityToken<Health> = capability<Health>('health');

/**
 * Watches peers by their signs of life and endpoints by how their messages end, and sends requests
 * and group messages past those that are not healthy.
 * @throws BUS_OPTION_INVALID where an option makes no sense
 * @example
 * ```ts
 * const bus = await createBus().use(correlation(), health({ breaker: { openMs: 2000 } })).start();
 * bus.handle('price', () => ({ price: 3, stale: true }), { fallback: true });
 * console.log(bus.health.check().status); // 'healthy'
 * ```
 */
export function health(options: HealthOptions = {}): Plugin<Health> {
  const settings = settingsOf(options);
  return definePlugin({
    name: '@bus/health',
    provides: Health,
    setup(host) {
      const monitor = new Monitor(host, settings);
      monitor.tap(host.hooks);
      return {
        health: {
          check: () => monitor.report.check(),
          of: (subject) => monitor.report.of(subject),
          ping: (peer, pingOptions) => ping(host.env, monitor.peers, peer, pingOptions),
        },
      };
    },
  });
}
