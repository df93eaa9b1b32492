import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from '@bus/core';
import { transportIpc } from '@bus/transport-ipc';
import type { Place, Settings, WorkspaceBus } from '../assembly.ts';
import { assemble } from '../assembly.ts';
import type { PartData, PartEnd } from './control.ts';
import type { CountingLog } from './ending.ts';
import { endOf } from './ending.ts';
import { hubSocket } from './hub-socket.ts';
import { LinkTally } from './link-counts.ts';
import type { LostPart } from './lost-part.ts';
import { lostPart } from './lost-part.ts';
import type { PartHub } from './part.ts';
import { Part } from './part.ts';
import { Restarts } from './restarts.ts';
import { startProcess, startThread } from './start-part.ts';

/** How long the parts may take until all know each other. */
const meetWithinMs = 5000;
const meetAgainMs = 10;
/** How long the hub may take to see that a lost part's link is gone. */
const linkGoneWithinMs = 2000;

/** How the program came to its end. */
export interface Stopped {
  readonly finished: readonly string[];
  /** Why the modules were not waited for, if so. */
  readonly trouble: string | undefined;
  /** Messages still under way when the buses were told to stop, and how long they took. */
  readonly inFlight: number;
  readonly drainedMs: number;
}

/** The whole program: the hub here, and the parts that run elsewhere. */
export class Program {
  readonly bus: WorkspaceBus;
  readonly hub: Place;
  /** Those of now. */
  readonly parts: readonly Part[];
  /** Those that went before they were told to, whether or not another took their place. */
  readonly lost: LostPart[] = [];
  /** What there is left to know of the hub, once stopped. */
  end: PartEnd | undefined;
  readonly #parts: Part[] = [];
  readonly #run: { readonly settings: Settings; readonly log: CountingLog };
  readonly #places: readonly Place[];
  readonly #folder: string;
  readonly #socket: string;
  readonly #tally: LinkTally;
  readonly #restarts = new Restarts();
  /** Accounts of lost parts, and their successors, that are being made. */
  readonly #mending = new Set<Promise<void>>();
  #isStopping = false;

  /**
   * Threads run from here on, processes from `start`.
   * @param links - what joins the hub to others than its parts.
   */
  constructor(
    places: readonly Place[],
    run: {
      readonly settings: Settings;
      readonly log: CountingLog;
      readonly links: readonly Plugin[];
    },
  ) {
    const { settings, log } = run;
    this.hub = hubOf(places);
    this.parts = this.#parts;
    this.#run = run;
    this.#places = places;
    // Only this user can enter it, so nobody else can connect.
    this.#folder = mkdtempSync(join(tmpdir(), 'bus-demo-'));
    this.#socket = hubSocket(this.#folder, process.platform);
    const elsewhere = places.filter((place) => place !== this.hub);
    this.#tally = new LinkTally(
      () => this.bus,
      elsewhere.map(({ id }) => id),
    );
    const links: Plugin[] = [...run.links];
    if (elsewhere.length > 0) links.push(transportIpc({ listen: this.#socket }));
    for (const place of elsewhere.filter(({ runs }) => runs === 'thread')) {
      const { part, link } = startThread(this.#dataOf(place));
      this.#parts.push(new Part(place, part, this.#partHub));
      links.push(link);
    }
    this.bus = assemble(this.hub, { settings, log, links: [...links, this.#tally.plugin] });
  }

  /** Starts everything; the modules begin when all parts know each other. */
  async start(): Promise<void> {
    try {
      await this.bus.start();
      for (const place of this.#places.filter(({ runs }) => runs === 'process')) {
        this.#parts.push(this.#process(place));
      }
      // They end in the order of their places.
      this.#parts.sort((a, b) => this.#places.indexOf(a.place) - this.#places.indexOf(b.place));
      await Promise.all(this.parts.map((part) => part.ready()));
      await this.#meet(this.parts.map(({ place }) => place.id));
      await this.bus.notify('system.start', {});
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** The modules finish what they have begun, then each bus delivers what is still under way. */
  async stop(reason: string): Promise<Stopped> {
    this.#isStopping = true;
    await this.#mended();
    // A module that does not finish must not keep the buses from stopping.
    const { finished, trouble } = await this.bus
      .request('orchestrator.shutdown', { reason })
      .then((reply) => ({ ...reply, trouble: undefined }))
      .catch((error: Error) => ({ finished: [], trouble: error.message }));
    const began = performance.now();
    for (const part of this.parts) await part.stop();
    await this.#mended();
    this.end = await endOf(this.bus, this.#run.log);
    const drainedMs = performance.now() - began;
    this.#tidy();
    const ends = [this.end, ...this.parts.map(({ end }) => end)];
    const inFlight = ends.reduce((sum, end) => sum + (end?.inFlight ?? 0), 0);
    return { finished, trouble, inFlight, drainedMs };
  }

  /** Ends everything on the spot. */
  abandon(): void {
    this.#isStopping = true;
    for (const part of this.parts) part.kill();
    this.#tidy();
  }

  /** The process id of a place that runs in a process of its own. */
  pidOf(id: string): number | undefined {
    return this.parts.find(({ place }) => place.id === id && place.runs === 'process')?.pid;
  }

  get #partHub(): PartHub {
    return {
      countOf: (peer) => this.#tally.of(peer),
      onLost: (part, how) => {
        const mending = this.#mend(part, how).finally(() => this.#mending.delete(mending));
        this.#mending.add(mending);
      },
    };
  }

  #process(place: Place): Part {
    return new Part(place, startProcess(this.#dataOf(place)), this.#partHub);
  }

  #dataOf(place: Place): PartData {
    const { settings } = this.#run;
    return { place, settings, hub: this.hub.id, socket: this.#socket };
  }

  /** Settles what is known of a lost part, and starts another in its place. */
  async #mend(part: Part, reason: string): Promise<void> {
    const { place } = part;
    const { id } = place;
    const since = performance.now();
    void this.bus.publish('process.lost', { id, reason });
    // What it had sent before it went is read first.
    while (this.#tally.isLinked(id) && performance.now() - since < linkGoneWithinMs) {
      await sleep(meetAgainMs);
    }
    this.lost.push(lostPart(part, this.#tally.take(id)));
    const waitMs = place.runs === 'process' ? this.#restarts.next(id, since) : undefined;
    if (waitMs === undefined || this.#isStopping) return;
    await sleep(waitMs);
    if (this.#isStopping) return;
    const successor = this.#process(place);
    this.#parts[this.#parts.indexOf(part)] = successor;
    try {
      await successor.ready();
      await this.#meet([id]);
    } catch {
      // It is lost as well, which is told and mended in its turn.
      return;
    }
    void this.bus.notify('system.start', {});
    const tookMs = performance.now() - since;
    void this.bus.publish('process.restarted', { id, pid: successor.pid, tookMs });
  }

  async #mended(): Promise<void> {
    while (this.#mending.size > 0) await Promise.all(this.#mending);
  }

  /** Resolves when the hub can reach these parts, and so every part the others. */
  async #meet(ids: readonly string[]): Promise<void> {
    const signal = AbortSignal.timeout(meetWithinMs);
    for (;;) {
      const missing = new Set(ids);
      for await (const { id } of this.bus.requestMany('process.report', {}, { signal })) {
        missing.delete(id);
        if (missing.size === 0) return;
      }
      await sleep(meetAgainMs, undefined, { signal });
    }
  }

  #tidy(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function hubOf(places: readonly Place[]): Place {
  const hub = places.find(({ runs }) => runs === 'main');
  if (hub === undefined) throw new Error('no place runs in the program itself');
  return hub;
}
