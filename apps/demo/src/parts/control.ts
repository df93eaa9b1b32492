import type { OutcomeCounts } from '@bus/core';
import type { Place, Settings, WorkspaceBus } from '../assembly.ts';
import type { Reliability } from '../contract/deliveries.ts';

/** What a part is started with. */
export interface PartData {
  readonly place: Place;
  readonly settings: Settings;
  /** The id of the hub's bus. */
  readonly hub: string;
  /** The hub's socket; a thread has a port instead. */
  readonly socket: string;
}

/** How many messages went over all links with one peer, as one end counted them; replies are not counted. */
export interface LinkCount {
  readonly peer: string;
  readonly sent: number;
  readonly received: number;
  /** How many of the links are gone. */
  readonly broken: number;
}

/** What a part has counted so far, read at one moment. */
export interface PartCounts {
  readonly outcomes: OutcomeCounts;
  readonly links: readonly LinkCount[];
}

/** What is left to know of a bus that has stopped. */
export interface PartEnd {
  readonly outcomes: OutcomeCounts;
  readonly sent: ReturnType<WorkspaceBus['sent']>;
  /** Messages still under way when it was told to stop. */
  readonly inFlight: number;
  readonly warnings: number;
  readonly reliability: Reliability;
}

/**
 * What a part says to whoever started it, beside the bus: what has to be said before that has started
 * and after it has stopped.
 */
export type FromPart =
  | { readonly demo: 'ready' }
  /** Every now and then: what is known of it if it is lost. */
  | { readonly demo: 'counted'; readonly counts: PartCounts }
  /** Nothing is under way any more; its links are still there. */
  | { readonly demo: 'drained'; readonly links: readonly LinkCount[] }
  | { readonly demo: 'ended'; readonly end: PartEnd };

/** What it is told. */
export type ToPart = { readonly demo: 'end' } | { readonly demo: 'close' };

/** Tells our messages from those of a link over the same channel. */
export function isControl<M extends FromPart | ToPart>(message: unknown): message is M {
  return typeof message === 'object' && message !== null && 'demo' in message;
}
