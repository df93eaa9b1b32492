import type { Place } from '../assembly.ts';
import type { LinkCount, PartCounts, PartEnd } from './control.ts';
import type { StartedPart } from './start-part.ts';

/** Longer than a bus takes to drain. */
const endsWithinMs = 8000;
const countsWithinMs = 1000;
const countEveryMs = 5;

/** How both ends of one link counted it; undefined where an end could not say. */
export interface CountedLink {
  readonly peer: string;
  /** From the hub to the part, as each of them counted. */
  readonly toPeer: readonly [sent: number, received: number];
  readonly fromPeer: readonly [sent: number, received: number];
  /** How often it broke: what was under way then is missing at the far end. */
  readonly broken: number;
}

/** What a part needs of the hub. */
export interface PartHub {
  /** What the hub has counted on its link to a peer. */
  countOf(peer: string): LinkCount | undefined;
  /** A part has ended before it was told to. */
  onLost(part: Part, how: string): void;
}

/** A part of the program that runs elsewhere, from its start to its end. */
export class Part {
  readonly place: Place;
  readonly pid: number;
  /** Set when it has stopped in good order. */
  end: PartEnd | undefined;
  link: CountedLink | undefined;
  /** How it went, if it did so before it was told to. */
  lost: string | undefined;
  lostAt: number | undefined;
  /** What it last told of what it has counted. */
  last: { readonly at: number; readonly counts: PartCounts } | undefined;
  readonly #started: StartedPart;
  readonly #ready: Promise<void>;
  readonly #hub: PartHub;
  #gone = false;

  constructor(place: Place, started: StartedPart, hub: PartHub) {
    this.place = place;
    this.pid = started.pid;
    this.#started = started;
    this.#hub = hub;
    this.#ready = new Promise((resolve, reject) => {
      started.hear((message) => {
        if (message.demo === 'ready') resolve();
        else if (message.demo === 'counted') {
          this.last = { at: performance.now(), counts: message.counts };
        } else if (message.demo === 'ended') this.end = message.end;
        else void this.#drained(message.links);
      });
      void started.gone.then((how) => {
        this.#gone = true;
        if (this.end === undefined) {
          this.lost ??= how;
          this.lostAt = performance.now();
          hub.onLost(this, this.lost);
        }
        reject(new Error(`'${place.id}' ended before it had started: ${how}`));
      });
    });
    // Whoever waits for it hears of it; nobody may.
    this.#ready.catch(() => undefined);
  }

  /** Resolves when its bus is linked. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Has it stop, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#gone) return;
    this.#started.tell({ demo: 'end' });
    const late = setTimeout(() => {
      if (this.end === undefined) this.lost = `it did not stop within ${endsWithinMs} ms`;
      this.kill();
    }, endsWithinMs);
    await this.#started.gone;
    clearTimeout(late);
  }

  kill(): void {
    if (!this.#gone) this.#started.kill();
  }

  /** Its counts are final; the hub may have something of it still to read. */
  async #drained(links: readonly LinkCount[]): Promise<void> {
    const [theirs] = links;
    const began = performance.now();
    let ours = this.#hub.countOf(this.place.id);
    while (
      theirs !== undefined &&
      ours !== undefined &&
      ours.received < theirs.sent &&
      performance.now() - began < countsWithinMs
    ) {
      await new Promise((resolve) => setTimeout(resolve, countEveryMs));
      ours = this.#hub.countOf(this.place.id);
    }
    if (theirs !== undefined && ours !== undefined) {
      this.link = {
        peer: this.place.id,
        toPeer: [ours.sent, theirs.received],
        fromPeer: [theirs.sent, ours.received],
        broken: Math.max(ours.broken, theirs.broken),
      };
    }
    this.#started.tell({ demo: 'close' });
  }
}
