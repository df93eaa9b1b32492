/** What came of one case; `absent`: it failed, as what it tries is not declared. */
export type CaseVerdict = 'passed' | 'failed' | 'absent' | 'known';

/** What a run of the suite has shown, gathered as its cases end. */
export class Report {
  readonly #name: string;
  readonly #verdicts = new Map<string, CaseVerdict>();
  readonly #skipped: { readonly title: string; readonly reason: string }[] = [];
  readonly #known: string[] = [];
  readonly #absent = new Set<string>();
  readonly #expected: number;

  /** @param expected - how many cases are to be run. */
  constructor(name: string, expected: number) {
    this.#name = name;
    this.#expected = expected;
  }

  skip(title: string, reason: string): void {
    this.#skipped.push({ title, reason });
  }

  note(title: string, verdict: CaseVerdict, about = ''): void {
    this.#verdicts.set(title, verdict);
    if (verdict === 'known') this.#known.push(`${title} (${about})`);
    if (verdict === 'absent') this.#absent.add(about);
  }

  lines(): readonly string[] {
    const count = (verdict: CaseVerdict): number =>
      [...this.#verdicts.values()].filter((each) => each === verdict).length;
    const absent =
      this.#absent.size === 0
        ? ''
        : `; not declared, and not there: ${[...this.#absent].join(', ')}`;
    return [
      `${this.#name}: ran ${this.#verdicts.size} of ${this.#expected} cases, ${count('failed')} failed, ${this.#known.length} known failures, ${this.#skipped.length} skipped${absent}`,
      ...this.#skipped.map(({ title, reason }) => `  skipped (${reason}): ${title}`),
      ...this.#known.map((known) => `  known failure: ${known}`),
      `${this.#name}: ${this.#conclusion(count('failed'))}`,
    ];
  }

  #conclusion(failed: number): string {
    if (failed > 0) return 'not conformant';
    if (this.#known.length > 0) return 'not conformant: failures are known';
    if (this.#verdicts.size < this.#expected) return 'not decided: not all cases were run';
    return 'conformant';
  }
}
