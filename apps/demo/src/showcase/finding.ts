/** One feature of the bus, and what really happened when this run used it. */
export interface Finding {
  readonly feature: string;
  readonly finding: string;
}

/** A demonstration under way. */
export interface Exhibit {
  readonly feature: string;
  /** What happened so far, in one line. */
  finding(): string;
  /** Ends what it does by itself. */
  finish?(): void | Promise<void>;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

/** `1 report`, `2 reports`. */
export function counted(value: number, thing: string): string {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}
