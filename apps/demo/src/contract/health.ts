import type { HealthState } from '@bus/health';

export interface ModuleHealth {
  /** Where it runs. */
  readonly bus: string;
  readonly module: string;
  readonly note: string;
}

/** What the bus of a process thinks of a peer, or of an endpoint that is not well. */
export interface SubjectState {
  readonly kind: 'peer' | 'endpoint';
  readonly name: string;
  readonly state: HealthState;
  /** Empty where it has always been well. */
  readonly reason: string;
  /** Left out where it is not known, since a link makes null of undefined. */
  readonly roundTripMs?: number;
}

/** What the hub has come to think of a peer, or of an endpoint. */
export interface HealthChange {
  readonly kind: 'peer' | 'endpoint';
  /** The peer's id; the endpoint's name, or its pattern. */
  readonly name: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: string;
}
