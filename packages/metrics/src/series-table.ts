import type { Endpoint } from '@bus/core';
import { nobody, Series } from './series.ts';
import { Tally } from './tally.ts';

/** The series that endpoints share for which there is no place. */
const other = 'other';

/** What one endpoint has handled that its series does not know of yet. */
interface Seat {
  readonly series: Series;
  handled: number;
}

/** Which series an endpoint counts in. There are never more than the limit, and `other`. */
export class SeriesTable {
  readonly #busId: string;
  readonly #limit: number;
  readonly #series = new Map<string, Series>();
  readonly #other: Series;
  readonly #seats = new Map<Endpoint, Seat>();
  /** Messages come in bursts: the endpoint of the previous one saves the look-up. */
  #last: Endpoint | undefined;
  #lastSeat: Seat | undefined;
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
    const seat = this.#seatOf(endpoint);
    return seat === undefined ? this.#named(endpoint) : seat.series;
  }

  /** Counts a message as handled. */
  handled(endpoint: Endpoint): void {
    const seat = endpoint === this.#last ? this.#lastSeat : this.#seatOf(endpoint);
    if (seat === undefined) this.#named(endpoint).outcomes.handled++;
    else seat.handled++;
  }

  /** To be called when an endpoint has been removed: what it counted stays in its series. */
  forget(endpoint: Endpoint): void {
    const seat = this.#seats.get(endpoint);
    if (seat === undefined) return;
    tell(seat);
    seat.series.members--;
    this.#seats.delete(endpoint);
    if (this.#last === endpoint) this.#last = this.#lastSeat = undefined;
  }

  /** All series; `other` where somebody counts there. */
  all(): Series[] {
    for (const seat of this.#seats.values()) tell(seat);
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

  /** None for an endpoint that has gone: its last messages are counted by name. */
  #seatOf(endpoint: Endpoint): Seat | undefined {
    let seat = this.#seats.get(endpoint);
    if (seat === undefined && endpoint.active) {
      seat = { series: this.#named(endpoint), handled: 0 };
      seat.series.members++;
      this.#seats.set(endpoint, seat);
    }
    this.#last = endpoint;
    this.#lastSeat = seat;
    return seat;
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

/** Has a series know what an endpoint of it has handled. */
function tell(seat: Seat): void {
  seat.series.outcomes.handled += seat.handled;
  seat.handled = 0;
}
