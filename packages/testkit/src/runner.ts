/** The kit brings no test framework: hand it the `test` of vitest, node:test, bun or tape. */
export interface TestRunner {
  /** Registers a test, which has failed if `run` rejects. To be run in this order, one at a time. */
  test(title: string, run: () => Promise<void>): void;
  /** Says that a test is not run, and why. */
  skip(title: string, reason: string): void;
}

/** How one test ended. */
export interface TestResult {
  /** With the name of the suite before it. */
  readonly title: string;
  /** `skipped` was never run. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What it threw, or why it was skipped. */
  readonly why: unknown;
}

/** A runner that needs no framework. */
export interface CollectingRunner extends TestRunner {
  /**
   * Runs what has been registered, one by one, and resolves to how each ended; never rejects. Only the
   * test called `title`, if one is given, and then without those that were skipped.
   */
  run(title?: string): Promise<readonly TestResult[]>;
}

/**
 * Collects tests and runs them in this program: for browsers, scripts, and tests of the kit itself.
 * @example
 * ```ts
 * const runner = collectingRunner();
 * await transportConformance({ name: 'mine', runner, create });
 * const failed = (await runner.run()).filter(({ outcome }) => outcome === 'failed');
 * ```
 */
export function collectingRunner(): CollectingRunner {
  const skipped: TestResult[] = [];
  const tests: { readonly title: string; run(): Promise<void> }[] = [];
  return {
    test: (title, run) => void tests.push({ title, run }),
    skip: (title, why) => void skipped.push({ title, outcome: 'skipped', why }),
    async run(title) {
      const results: TestResult[] = [];
      for (const test of tests) {
        if (title !== undefined && test.title !== title) continue;
        results.push(await resultOf(test.title, test.run));
      }
      return title === undefined ? [...skipped, ...results] : results;
    },
  };
}

async function resultOf(title: string, run: () => Promise<void>): Promise<TestResult> {
  try {
    await run();
    return { title, outcome: 'passed', why: undefined };
  } catch (why) {
    return { title, outcome: 'failed', why };
  }
}
