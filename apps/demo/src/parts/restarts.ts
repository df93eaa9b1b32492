const baseMs = 100;
const factor = 2;
const most = 5;
const withinMs = 30_000;

/** When a place that has lost its process gets another: soon, later each time, and not for ever. */
export class Restarts {
  readonly #times = new Map<string, number[]>();

  /**
   * How long to wait before the next start; undefined where there were too many lately.
   * @param now - on a clock in milliseconds that never goes back.
   */
  next(id: string, now: number): number | undefined {
    const lately = (this.#times.get(id) ?? []).filter((time) => now - time < withinMs);
    if (lately.length >= most) return undefined;
    this.#times.set(id, [...lately, now]);
    return baseMs * factor ** lately.length;
  }
}
