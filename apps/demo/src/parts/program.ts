import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plugin } from '@bus/core';
import { transportIpc } from '@bus/transport-ipc';
import type { Place, Settings, WorkspaceBus } from '../assembly.ts';
import { assemble } from '../assembly.ts';
import type { PartEnd } from './control.ts';
import type { CountingLog } from './ending.ts';
import { endOf } from './ending.ts';
import { linkCounts } from './link-counts.ts';
import type { PartHub } from './part.ts';
import { Part } from './part.ts';
import { startProcess, startThread } from './start-part.ts';

/** How long the parts may take until all know each other. */
const meetWithinMs = 5000;
const meetAgainMs = 10;

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
  readonly parts: readonly Part[];
  /** What there is left to know of the hub, once stopped. */
  end: PartEnd | undefined;
  readonly #log: CountingLog;
  readonly #folder: string;
  readonly #startParts: () => void;

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
    this.#log = log;
    // Only this user can enter it, so nobody else can connect.
    this.#folder = mkdtempSync(join(tmpdir(), 'bus-demo-'));
    const socket = socketIn(this.#folder);
    const parts: Part[] = [];
    const links: Plugin[] = [...run.links];
    const hub: PartHub = {
      countOf: (peer) => linkCounts(this.bus).find((link) => link.peer === peer),
      onLost: (id, reason) => void this.bus.publish('process.lost', { id, reason }),
    };
    const isElsewhere = places.length > 1;
    if (isElsewhere) links.push(transportIpc({ listen: socket }));
    for (const place of places.filter(({ runs }) => runs === 'thread')) {
      const { part, link } = startThread({ place, settings, socket });
      parts.push(new Part(place, part, hub));
      links.push(link);
    }
    this.#startParts = () => {
      for (const place of places.filter(({ runs }) => runs === 'process')) {
        parts.push(new Part(place, startProcess({ place, settings, socket }), hub));
      }
      // They end in the order of their places.
      parts.sort((a, b) => places.indexOf(a.place) - places.indexOf(b.place));
    };
    this.parts = parts;
    this.bus = assemble(this.hub, { settings, log, links });
  }

  /** Starts everything; the modules begin when all parts know each other. */
  async start(): Promise<void> {
    try {
      await this.bus.start();
      this.#startParts();
      await Promise.all(this.parts.map((part) => part.ready()));
      await this.#meet();
      await this.bus.notify('system.start', {});
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** The modules finish what they have begun, then each bus delivers what is still under way. */
  async stop(reason: string): Promise<Stopped> {
    // A module that does not finish must not keep the buses from stopping.
    const { finished, trouble } = await this.bus
      .request('orchestrator.shutdown', { reason })
      .then((reply) => ({ ...reply, trouble: undefined }))
      .catch((error: Error) => ({ finished: [], trouble: error.message }));
    const began = performance.now();
    for (const part of this.parts) await part.stop();
    this.end = await endOf(this.bus, this.#log);
    const drainedMs = performance.now() - began;
    this.#tidy();
    const ends = [this.end, ...this.parts.map(({ end }) => end)];
    const inFlight = ends.reduce((sum, end) => sum + (end?.inFlight ?? 0), 0);
    return { finished, trouble, inFlight, drainedMs };
  }

  /** Ends everything on the spot. */
  abandon(): void {
    for (const part of this.parts) part.kill();
    this.#tidy();
  }

  /** Resolves when the hub can reach every part, and so every part the others. */
  async #meet(): Promise<void> {
    const signal = AbortSignal.timeout(meetWithinMs);
    for (;;) {
      let met = 0;
      for await (const _ of this.bus.requestMany('process.report', {}, { signal })) met++;
      if (met > this.parts.length) return;
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

/** Windows has pipes, in a place of their own. */
function socketIn(folder: string): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\${basename(folder)}`
    : join(folder, 'hub.sock');
}
