import { checkOptions } from '@bus/core';
import type { TransportFeatures } from '@bus/wire';
import type { Case, Manifest } from './case.ts';
import { backpressure } from './cases/backpressure.ts';
import { busPair } from './cases/bus-pair.ts';
import { connections } from './cases/connections.ts';
import { failure } from './cases/failure.ts';
import { flush } from './cases/flush.ts';
import { frames } from './cases/frames.ts';
import { lifecycle } from './cases/lifecycle.ts';
import { order } from './cases/order.ts';
import { reconnect } from './cases/reconnect.ts';
import { resources } from './cases/resources.ts';
import type { ConformanceOptions, KnownFailure } from './fixture.ts';
import { transportOf } from './fixture.ts';
import { Report } from './report.ts';
import { runCase } from './run-case.ts';

const cases: readonly Case[] = [
  ...lifecycle,
  ...frames,
  ...order,
  ...connections,
  ...backpressure,
  ...flush,
  ...failure,
  ...reconnect,
  ...resources,
  ...busPair,
];

const known = [
  'name',
  'runner',
  'create',
  'knownFailures',
  'timeoutMs',
  'print',
] as const satisfies readonly (keyof ConformanceOptions)[];

/** The part of the time in which a feature that is not declared may show that it is there. */
const absentShare = 4;

/**
 * Registers the suite, which holds a transport to its manifest: what it declares has to work, what
 * it does not declare must not. Nothing but the manifest decides what is skipped. To be awaited,
 * since the manifest is read from a link made by `create`.
 * @throws what `create` throws; `Error` where a known failure names no case.
 * @example
 * ```ts
 * await transportConformance({
 *   name: 'pigeons',
 *   runner: { test, skip: (title, reason) => test.skip(`${title} (${reason})`) },
 *   create: () => ({ ...twoLofts(), sever: shootPigeons, heal: raisePigeons, dispose() {} }),
 * });
 * ```
 */
export async function transportConformance<const F extends TransportFeatures>(
  options: ConformanceOptions<F>,
): Promise<void> {
  checkOptions('transportConformance', options, known);
  const suite = new Suite(options as unknown as ConformanceOptions);
  suite.register(await suite.manifest());
}

class Suite {
  readonly #options: ConformanceOptions;
  readonly #timeoutMs: number;
  readonly #known: ReadonlyMap<string, KnownFailure>;

  constructor(options: ConformanceOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 4000;
    const { knownFailures = [] } = options;
    this.#known = new Map(knownFailures.map((known) => [known.test, known]));
    for (const title of this.#known.keys()) {
      if (!cases.some((kase) => kase.title === title)) {
        throw new Error(`no case is called '${title}': take it out of knownFailures`);
      }
    }
  }

  async manifest(): Promise<Manifest> {
    const fixture = await this.#options.create();
    const [left, right] = [transportOf(fixture.left), transportOf(fixture.right)];
    await fixture.dispose();
    return {
      features: left.features,
      listens: left.role === 'listen' || right.role === 'listen',
    };
  }

  register(manifest: Manifest): void {
    const { name, runner } = this.#options;
    const skipped = new Map(cases.map((kase) => [kase, kase.skip?.(manifest)]));
    const run = cases.filter((kase) => skipped.get(kase) === undefined);
    const report = new Report(name, run.length);
    for (const [{ title }, reason] of skipped) {
      if (reason === undefined) continue;
      report.skip(title, reason);
      runner.skip(`${name}: ${title}`, reason);
    }
    for (const kase of run) {
      runner.test(`${name}: ${kase.title}`, () => this.#judge(kase, manifest, report));
    }
    const print = this.#options.print ?? printed;
    runner.test(`${name}: report`, async () => {
      for (const line of report.lines()) print(line);
    });
  }

  async #judge(kase: Case, manifest: Manifest, report: Report): Promise<void> {
    const { title, feature } = kase;
    const known = this.#known.get(title);
    const absent = feature !== undefined && !manifest.features[feature];
    const fault = await this.#faultOf(kase, absent);
    if (known !== undefined) {
      if (fault === undefined) {
        report.note(title, 'failed');
        throw new Error(`a known failure passes: take it out (${known.reason}, ${known.issue})`);
      }
      report.note(title, 'known', `${known.reason}, ${known.issue}`);
    } else if (absent) {
      report.note(title, fault === undefined ? 'failed' : 'absent', feature);
      if (fault === undefined) {
        throw new Error(`works, and is not declared: set features.${feature} to true`);
      }
    } else {
      report.note(title, fault === undefined ? 'passed' : 'failed');
      if (fault !== undefined) throw fault.error;
    }
  }

  async #faultOf(kase: Case, absent: boolean): Promise<{ readonly error: unknown } | undefined> {
    const timeoutMs = (this.#timeoutMs * (kase.patience ?? 1)) / (absent ? absentShare : 1);
    try {
      await runCase(kase, this.#options.create, timeoutMs);
      return undefined;
    } catch (error) {
      return { error };
    }
  }
}

function printed(line: string): void {
  // biome-ignore lint/suspicious/noConsole: it is for whoever runs the tests
  console.info(line);
}
