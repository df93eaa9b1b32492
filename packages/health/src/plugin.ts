import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import type { HealthApi, HealthOptions } from './api.ts';
import { Monitor } from './monitor.ts';
import { settingsOf } from './options.ts';
import { ping } from './ping.ts';

/** `bus.health` on the bus, and the option `fallback` of `handle`. */
export interface Health extends Capability {
  readonly name: 'health';
  readonly extends: 'handle';
  readonly api: HealthApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link health} provides. */
export const Health: CapabilityToken<Health> = capability<Health>('health');

/**
 * Watches peers and endpoints, and sends messages past those that are not healthy.
 * @throws BUS_OPTION_INVALID
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
          ping: (peer, pingOptions) => ping(host.env, monitor.peers, peer, pingOptions?.timeoutMs),
        },
      };
    },
  });
}
