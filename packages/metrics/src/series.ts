import type { Endpoint } from '@bus/core';
import { Histogram } from './histogram.ts';
import { Tally } from './tally.ts';

/** What tells the endpoints of one series from others: few values each, and never a topic or an id. */
export interface SeriesLabels {
  readonly pattern: string;
  readonly name: string | undefined;
  readonly kind: 'local' | 'remote';
  /** The bus that they live on. */
  readonly bus: string;
}

/** How the endpoints of a series are at one moment. */
export interface Presence {
  endpoints: number;
  queued: number;
  /** Seconds that the message has waited which waits longest. */
  queuedAge: number;
  running: number;
  /** How full the fullest mailbox is; 1 is full. */
  share: number;
}

/** What the endpoints of one pattern, name and bus do together, those that have gone included. */
export class Series {
  readonly labels: SeriesLabels;
  readonly outcomes: Tally = new Tally();
  readonly duration: Histogram = new Histogram();
  readonly latency: Histogram = new Histogram();
  /** Of what was dropped, what its endpoint would have handled. */
  lost = 0;
  /** The longest run since it was last looked at, in milliseconds. */
  slowestMs = 0;
  /** Endpoints that count here. */
  members = 0;
  presence: Presence = nobody();

  constructor(labels: SeriesLabels) {
    this.labels = labels;
  }

  /** What people call it. */
  get subject(): string {
    return this.labels.name ?? this.labels.pattern;
  }

  meet(endpoint: Endpoint, now: number): void {
    const { presence } = this;
    const { queued, waitingSince = now } = endpoint;
    presence.endpoints++;
    presence.running += endpoint.running;
    presence.queued += queued;
    presence.queuedAge = Math.max(presence.queuedAge, (now - waitingSince) / 1000);
    presence.share = Math.max(presence.share, queued / endpoint.policy.capacity);
  }
}

/** Before anybody has been met. */
export function nobody(): Presence {
  return { endpoints: 0, queued: 0, queuedAge: 0, running: 0, share: 0 };
}
