import type { Endpoint } from '@bus/core';
import { nobody, Series } from './series.ts';
import { Tally } from './tally.ts';

/** The series that endpoints share for which there is no place. */
const other = 'other';

/** In the place of a count: of nobody. Not `undefined`, since an array of numbers alone is quicker. */
const vacant = -1;

/** Which series an endpoint counts in. There are never more than the limit, and `other`. */
export class SeriesTable {
  readonly #busId: string;
  readonly #limit: number;
  readonly #series = new Map<string, Series>();
  readonly #other: Series;
  // By the endpoints' slots, so that the hot path neither hashes nor makes a string.
  readonly #owners: (Endpoint | undefined)[] = [];
  readonly #bySlot: (Series | undefined)[] = [];
  /** What the series do not know of yet: one dense array is nearer than as many objects. */
  readonly #handled: number[] = [];
  /** What series had counted that have made room for others. */
  readonly gone: Tally = new Tally();

  constructor(busId: string, limit: number) {
    this.#busId = busId;
    this.#limit = limit;
    this.#other = new Series({ pattern: other, name: undefined, kind: 'local', bus: busId });
  }

  /** To be called when an endpoint has been added, before it can count anything. */
  meet(endpoint: Endpoint): void {
    this.of(endpoint);
  }

  of(endpoint: Endpoint): Series {
    const { slot } = endpoint;
    const series = this.#owners[slot] === endpoint ? this.#bySlot[slot] : undefined;
    return series ?? this.#adopt(endpoint);
  }

  /** Counts a message as handled. Whose the slot is need not be asked: {@link meet} has seen to it. */
  handled(endpoint: Endpoint): void {
    const { slot } = endpoint;
    const count = this.#handled[slot] ?? vacant;
    if (count === vacant) this.#adopt(endpoint);
    this.#handled[slot] = count === vacant ? 1 : count + 1;
  }

  /** To be called when an endpoint has been removed: what it counted stays in its series. */
  forget(endpoint: Endpoint): void {
    if (this.#owners[endpoint.slot] === endpoint) this.#vacate(endpoint.slot);
  }

  /** All series; `other` where somebody counts there. */
  all(): Series[] {
    for (let slot = 0; slot < this.#handled.length; slot++) this.#tell(slot);
    const all = [...this.#series.values()];
    if (this.#other.members > 0 || this.#other.outcomes.counted().length > 0) all.push(this.#other);
    return all;
  }

  /** Looks at all endpoints as they are now. */
  refresh(endpoints: readonly Endpoint[], now: number): void {
    for (const series of this.#series.values()) series.presence = nobody();
    this.#other.presence = nobody();
    for (const endpoint of endpoints) this.of(endpoint).meet(endpoint, now);
  }

  #adopt(endpoint: Endpoint): Series {
    const { slot } = endpoint;
    const series = this.#named(endpoint);
    this.#vacate(slot);
    this.#owners[slot] = endpoint;
    this.#bySlot[slot] = series;
    this.#handled[slot] = 0;
    series.members++;
    return series;
  }

  /** Has a series know what an endpoint of it has handled. */
  #tell(slot: number): void {
    const series = this.#bySlot[slot];
    if (series === undefined) return;
    series.outcomes.handled += this.#handled[slot] ?? 0;
    this.#handled[slot] = 0;
  }

  #vacate(slot: number): void {
    this.#tell(slot);
    const before = this.#bySlot[slot];
    if (before !== undefined) before.members--;
    this.#owners[slot] = undefined;
    this.#bySlot[slot] = undefined;
    this.#handled[slot] = vacant;
  }

  #named(endpoint: Endpoint): Series {
    const { name, bus, kind } = endpoint;
    const pattern = String(endpoint.pattern);
    // `other` is a topic as well: whoever subscribes to it counts there.
    if (pattern === other && name === undefined && bus === this.#busId) return this.#other;
    const key = `${pattern}\n${bus}\n${name ?? ''}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= this.#limit && !this.#makeRoom()) return this.#other;
    const series = new Series({ pattern, name, kind, bus });
    this.#series.set(key, series);
    return series;
  }

  /** Gives up the oldest series without endpoints. It is not added to `other`, which would leap. */
  #makeRoom(): boolean {
    for (const [key, series] of this.#series) {
      if (series.members > 0) continue;
      this.gone.add(series.outcomes);
      this.#series.delete(key);
      return true;
    }
    return false;
  }
}
