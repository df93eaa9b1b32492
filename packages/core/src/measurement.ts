/** One figure that a plugin keeps anyway, for whoever shows or exports figures. */
export interface Measurement {
  /** In snake case, of the plugin's own: `reliable_retries`. No unit of time but seconds, no size but bytes. */
  readonly name: string;
  /** What it counts, in one sentence. */
  readonly help: string;
  /** `counter`: only rises. `gauge`: goes up and down. */
  readonly kind: 'counter' | 'gauge';
  /** The figure as it is now. */
  readonly value: number;
  /** Few values each: names, patterns, states; never ids or topics as they come. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}
