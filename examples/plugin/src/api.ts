import type { Capability, CapabilityToken, Outcome, PayloadOf, Topic } from '@bus/core';
import { capability } from '@bus/core';

/** What became of one message at one endpoint. */
export interface Delivered<P> {
  readonly payload: P;
  readonly outcome: Outcome;
  /** The endpoint's name; undefined where the message reached none. */
  readonly endpoint: string | undefined;
}

/** What the plugin adds to a bus with contract `C`. */
export interface RecentApi<C> {
  readonly recent: {
    /** The last deliveries on a topic, oldest first. */
    of<K extends Topic<C>>(topic: K): readonly Delivered<PayloadOf<C, K>>[];
  };
}

/** `bus.recent`: the last deliveries of each topic. */
export interface Recent extends Capability {
  readonly name: 'recent';
  readonly api: RecentApi<this['contract']>;
}

/** Names the capability that `recent` provides. */
export const Recent: CapabilityToken<Recent> = capability<Recent>('recent');
