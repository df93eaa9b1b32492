import type { Alert, AlertRules } from './api.ts';
import type { Series } from './series.ts';

/** With fewer outcomes than this, a share of failures says nothing. */
const fewestOutcomes = 10;

/** A limit for every rule; Infinity where it is off. */
export type AlertLimits = Readonly<Record<keyof AlertRules, number>>;

/** Whoever an alert may be about, and what was known at the last check. */
class Watched {
  readonly subject: string;
  readonly over: Set<keyof AlertRules> = new Set();
  lost = 0;
  failures = 0;
  ended = 0;

  constructor(subject: string) {
    this.subject = subject;
  }
}

/** Compares figures with their limits, and tells of each that it is over once, until it is not. */
export class Alerts {
  readonly #limits: AlertLimits;
  readonly #raise: (alert: Alert) => void;
  readonly #bus: Watched;
  readonly #watched = new WeakMap<Series, Watched>();

  constructor(limits: AlertLimits, busId: string, raise: (alert: Alert) => void) {
    this.#limits = limits;
    this.#bus = new Watched(busId);
    this.#raise = raise;
  }

  /** To be called once an interval, with how late the loop was at worst in it. */
  check(all: readonly Series[], lagMs: number): void {
    this.#judge(this.#bus, 'loopLagMs', lagMs);
    for (const series of all) {
      const watched = this.#watch(series);
      this.#judge(watched, 'slowHandlerMs', series.slowestMs);
      series.slowestMs = 0;
      this.#judge(watched, 'queueShare', series.presence.share);
      this.#judge(watched, 'lost', series.lost - watched.lost);
      watched.lost = series.lost;
      this.#judge(watched, 'errorRatio', failureShare(series, watched));
    }
  }

  #watch(series: Series): Watched {
    let watched = this.#watched.get(series);
    if (watched === undefined) {
      watched = new Watched(series.subject);
      this.#watched.set(series, watched);
    }
    return watched;
  }

  #judge({ subject, over }: Watched, rule: keyof AlertRules, value: number): void {
    const limit = this.#limits[rule];
    if (value <= limit) over.delete(rule);
    else if (!over.has(rule)) {
      over.add(rule);
      this.#raise({ rule, value, limit, subject });
    }
  }
}

/** Of what ended at handlers since the last check; refusals are no failures. */
function failureShare({ outcomes }: Series, watched: Watched): number {
  const failures = outcomes.failed + outcomes.expired + outcomes['dead-lettered'];
  const ended = failures + outcomes.handled + outcomes.forwarded;
  const newFailures = failures - watched.failures;
  const newlyEnded = ended - watched.ended;
  watched.failures = failures;
  watched.ended = ended;
  return newlyEnded < fewestOutcomes ? 0 : newFailures / newlyEnded;
}
