import type { LatencySummary } from './api.ts';

/** From 1 µs to 100 s. */
const decades = 8;
/** Tenths up to 5, halves from there: no bucket is wider than a tenth of where it begins. */
const bucketsPerDecade = 50;

/** Told of a bucket that has something in it: above `lower`, up to and including `upper`, in µs. */
type Visitor = (lower: number, upper: number, count: number) => void;

/**
 * Durations in buckets whose edges are decimal numbers of two digits, so that sums up to limits such
 * as 2.5 ms are exact, and quantiles are within 5 %. The log-linear layout is that of OpenHistogram
 * (Hartmann and Schlossnagle, "Circllhist", 2020), with the finest buckets joined. Memory: 400 bytes
 * for each decade that durations have fallen into, eight at most.
 */
export class Histogram {
  count = 0;
  /** In milliseconds, as all it is told. */
  sum = 0;
  max = 0;
  /** Of at most 1 µs. */
  #tiny = 0;
  readonly #decades: (Float64Array | undefined)[] = [];

  record(ms: number): void {
    this.count++;
    this.sum += ms;
    if (ms > this.max) this.max = ms;
    const micros = ms * 1000;
    if (micros <= 1) {
      this.#tiny++;
      return;
    }
    let decade = 0;
    let end = 10;
    while (micros > end && decade < decades - 1) {
      decade++;
      end *= 10;
    }
    const at = bucketOf(Math.min((micros * 100) / end, 100));
    const buckets = this.#decades[decade] ?? new Float64Array(bucketsPerDecade);
    this.#decades[decade] = buckets;
    buckets[at] = (buckets[at] ?? 0) + 1;
  }

  /** How many took at most each of these, in µs, which rise and are edges of buckets. */
  atMost(limits: readonly number[]): number[] {
    const counts: number[] = [];
    let sum = 0;
    this.#visit((_lower, upper, count) => {
      while (counts.length < limits.length && upper > (limits[counts.length] ?? 0)) {
        counts.push(sum);
      }
      sum += count;
    });
    while (counts.length < limits.length) counts.push(sum);
    return counts;
  }

  /** In seconds. */
  summary(): LatencySummary {
    const [p50 = 0, p95 = 0, p99 = 0] = this.quantiles([0.5, 0.95, 0.99]);
    const { count, sum, max } = this;
    return {
      count,
      sum: sum / 1000,
      p50: p50 / 1000,
      p95: p95 / 1000,
      p99: p99 / 1000,
      max: max / 1000,
    };
  }

  /** By nearest rank, in milliseconds: of rising shares, what that share took at most; 0 if empty. */
  quantiles(shares: readonly number[]): number[] {
    const found: number[] = [];
    let seen = 0;
    this.#visit((lower, upper, count) => {
      seen += count;
      // Whatever is in the bucket is within 5 % of this mean of its edges.
      const middle = (2 * lower * upper) / (lower + upper);
      while (found.length < shares.length && seen >= (shares[found.length] ?? 0) * this.count) {
        found.push(Math.min(middle / 1000, this.max));
      }
    });
    return found;
  }

  #visit(visitor: Visitor): void {
    if (this.#tiny > 0) visitor(1, 1, this.#tiny);
    for (let decade = 0; decade < decades; decade++) {
      const buckets = this.#decades[decade];
      if (buckets === undefined) continue;
      const scale = 10 ** decade;
      for (let at = 0; at < bucketsPerDecade; at++) {
        const count = buckets[at] ?? 0;
        if (count > 0) visitor((edge(at) * scale) / 10, (edge(at + 1) * scale) / 10, count);
      }
    }
  }
}

/** Which bucket of its decade holds a duration of so many tenths: above 10, up to 100. */
function bucketOf(tenths: number): number {
  return tenths <= 50 ? Math.ceil(tenths) - 11 : 39 + Math.ceil((tenths - 50) / 5);
}

/** Where a bucket begins, in tenths; the next one's beginning is its end. */
function edge(bucket: number): number {
  return bucket <= 40 ? 10 + bucket : 50 + 5 * (bucket - 40);
}
