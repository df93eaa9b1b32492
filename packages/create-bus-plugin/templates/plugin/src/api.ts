import type { Capability, CapabilityToken, PayloadOf, Topic } from '@bus/core';
import { capability } from '@bus/core';

/** A message that was sent. */
export interface Sent<P> {
  readonly payload: P;
  /** How long ago, in milliseconds. */
  readonly agoMs: number;
}

/** What the plugin adds to a bus with contract `C`: one member, so that it is in nobody's way. */
export interface AcmeApi<C> {
  readonly acme: {
    /** The last message sent on a topic; undefined where there is none, or it is forgotten. */
    last<K extends Topic<C>>(topic: K): Sent<PayloadOf<C, K>> | undefined;
  };
}

/** The capability: `bus.acme`. */
export interface Acme extends Capability {
  readonly name: 'acme';
  readonly api: AcmeApi<this['contract']>;
}

/** Names the capability, for plugins that require it. */
export const Acme: CapabilityToken<Acme> = capability<Acme>('acme');
