import type { Endpoint } from './endpoint.ts';

/**
 * `active` takes messages; `paused` lets them wait; `draining` takes no more and handles what
 * waits; `stopped` is out of the bus.
 */
export type EndpointState = 'active' | 'paused' | 'draining' | 'stopped';

/** What `bus.endpoints()` and system events say of an endpoint; plain JSON. */
export interface EndpointView {
  /** Unique among all buses: the id of its bus and a number. */
  readonly id: string;
  /** The name it was given, or its handler's; undefined where it has none. */
  readonly name: string | undefined;
  /** Its pattern as text, a RegExp with its slashes. */
  readonly pattern: string;
  /** `remote`: it stands for endpoints of a peer, at the far end of a link. */
  readonly kind: 'local' | 'remote';
  /** The bus it lives on. */
  readonly bus: string;
  /** Requests go to the highest. */
  readonly priority: number;
  /** Whether it takes messages now. */
  readonly state: EndpointState;
  /** Messages it has accepted and not yet ended. */
  readonly pending: number;
}

/** What the hook `endpoint` tells its observers. */
export interface EndpointChange {
  /** `changed`: what its definition says beyond the kernel's knowledge, see {@link Endpoint.changed}. */
  readonly type: 'added' | 'removed' | 'changed';
  /** The endpoint as it is after the change. */
  readonly endpoint: Endpoint;
  /** Why it was removed: `unsubscribed`, or what a link says: `peer-gone`, `peer-left`. */
  readonly reason?: string | undefined;
}
