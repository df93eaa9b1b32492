import type { Capability, CapabilityToken, Host, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import { PubSub } from '@bus/pubsub';
import type {} from '@bus/wire';
import type { ReliableApi, ReliableOptions } from './api.ts';
import { DeadLetterStore } from './dead-letter-store.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ReliableSettings } from './options.ts';
import { settingsOf } from './options.ts';
import { Publications } from './publications.ts';
import { reliableDefinition, reliableSubscription } from './reliable-definition.ts';
import { Replays } from './replays.ts';
import { measurementsOf, reportOf } from './report.ts';
import { isStandIn, StandIns } from './stand-ins.ts';
import type { ReliableSubscription } from './subscription.ts';

/** The capability of {@link reliable}: the option `delivery: 'reliable'`, and `bus.deadLetters`. */
export interface Reliable extends Capability {
  /** What messages about missing capabilities call it. */
  readonly name: 'reliable';
  /** The methods of `@bus/pubsub` that it has further forms of. */
  readonly extends: 'publish' | 'subscribe';
  /** What a bus has with it. */
  readonly api: ReliableApi<this['contract'], this['syntax']>;
}

/** Names the capability that {@link reliable} provides, for plugins that require it. */
export const Reliable: CapabilityToken<Reliable> = capability<Reliable>('reliable');

/**
 * Adds acknowledged delivery to the bus: at least once, and effectively once within the dedupe window.
 * What is given up is kept among `bus.deadLetters`. It needs `@bus/pubsub`.
 * @throws BUS_OPTION_INVALID where an option makes no sense
 * @example
 * ```ts
 * const bus = await createBus().use(pubsub(), reliable({ attempts: 5 })).start();
 * bus.subscribe('mail.due', ({ payload }) => send(payload), { delivery: 'reliable' });
 * const acknowledged = await bus.publish('mail.due', { to: 'ann' }, { delivery: 'reliable' });
 * ```
 */
export function reliable(options: ReliableOptions = {}): Plugin<Reliable, PubSub> {
  const settings = settingsOf(options);
  return definePlugin({
    name: '@bus/reliable',
    provides: Reliable,
    requires: [PubSub],
    setup: (host) => ({ deadLetters: installed(host, settings) }),
  });
}

/** Taps the hooks; what is left to say is what was given up. */
function installed(host: Host, settings: ReliableSettings): DeadLetters {
  const { hooks } = host;
  const { capacity, overflow, window, redeliverMs } = settings;
  const letters = new DeadLetterStore(host, capacity, overflow);
  const counts = { acknowledged: 0, resent: 0, retries: 0, duplicates: 0 };
  const subscriptions = new Set<ReliableSubscription>();
  const context = { host, letters, counts, window, subscriptions };
  const publications = new Publications(context, settings);
  const standIns = new StandIns(host, redeliverMs);
  const replays = new Replays(host, letters, publications);
  hooks.define.tap((definition) => reliableDefinition(definition, context, settings.retry));
  hooks.send.tap((next) => publications.tap(next));
  // Links hear of a stand-in before they hear that its subscriber went, and that it goes after they
  // hear that the subscriber is back: to those beyond, nothing has changed in between.
  hooks.endpoint.tap(
    ({ type, endpoint, reason }) => {
      const subscription = reliableSubscription(endpoint);
      if (type === 'added') subscription?.added(endpoint);
      else if (type === 'removed') subscription?.removed();
      if (type === 'removed' && isPeers(reason)) standIns.lost(endpoint);
      return undefined;
    },
    { order: 'first' },
  );
  hooks.endpoint.tap(
    ({ type, endpoint }) => {
      if (type === 'removed' || !endpoint.acknowledges || isStandIn(endpoint)) return undefined;
      standIns.back(endpoint);
      if (type === 'added') publications.resends.arrived(endpoint);
      return undefined;
    },
    { order: 'last' },
  );
  hooks.fact.tap(({ name, value }) => {
    if (name === 'peer' && value.type === 'up') standIns.peerUp(value.peer.origin);
    return undefined;
  });
  // Before links ask their peers to send no more, since acknowledgements are still to come.
  hooks.leave.tap((signal) => publications.leave(signal), { order: 'last' });
  hooks.stop.tap(() => {
    publications.stop();
    standIns.stop();
    for (const subscription of subscriptions) subscription.stop();
  });
  const report = () => reportOf(counts, publications, letters, standIns);
  hooks.inspect.tap(report);
  hooks.measure.tap(() => measurementsOf(report()));
  return {
    get count() {
      return letters.count;
    },
    list: (filter) => letters.list(filter),
    replay: (which, replayOptions) => replays.replay(which, replayOptions),
    drop: (which) => letters.drop(which),
  };
}

/** It did not unsubscribe: the link is gone, or its bus has stopped and may be started again. */
function isPeers(reason: string | undefined): boolean {
  return reason === 'peer-gone' || reason === 'peer-left';
}
