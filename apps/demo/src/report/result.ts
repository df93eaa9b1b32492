import type { OutcomeCounts } from '@bus/core';
import type { PlannedFault } from '../chaos/schedule.ts';
import type { Deliveries, Reliability } from '../contract/deliveries.ts';
import type { FaultReport } from '../contract/faults.ts';
import type { Latency } from '../contract/figures.ts';
import type { ProcessReport } from '../contract/processes.ts';
import type { RawTopic } from '../contract/readings.ts';
import type { PartEnd } from '../parts/control.ts';
import type { LostPart } from '../parts/lost-part.ts';
import type { CountedLink } from '../parts/part.ts';
import type { Program, Stopped } from '../parts/program.ts';
import type { Finding } from '../showcase/finding.ts';
import type { Board, HealthHistory } from './board.ts';
import { diedWithProcess, isBalanced, summed } from './sums.ts';

/** What a run comes to. Its public fields are what `--json` prints. */
export interface Result {
  /**
   * Every process has balanced, both ends of every link count the same, what died with a process that
   * was lost is known as such, and no reliable message is missing.
   */
  readonly balanced: boolean;
  /** Why not, if so. */
  readonly faults: readonly string[];
  /** Of all processes together; of those that were lost, as far as they had told. */
  readonly outcomes: OutcomeCounts;
  readonly latencyMs: Latency;
  /** Raw events a second, over the whole run. */
  readonly ratePerSecond: number;
  /** Those that ended in good order. */
  readonly processes: readonly ProcessReport[];
  /** Those that ended before they were told to, whether or not another took their place. */
  readonly lost: readonly LostPart[];
  /** Messages over the links between the processes, as both ends counted them. */
  readonly links: readonly CountedLink[];
  /** The faults that were caused on purpose, and how the program took them. */
  readonly chaos: {
    readonly planned: readonly PlannedFault[];
    readonly faults: readonly FaultReport[];
  };
  /** What became of the messages that are acknowledged, as the hub saw it; `lost` is `missing` by now. */
  readonly reliable: Omit<Deliveries, 'missing'> & Reliability & { readonly lost: number };
  /** Until the run was over: parts that stop are down, too. */
  readonly health: HealthHistory;
  /** Where the page was. */
  readonly page: string;
  readonly seconds: number;
  readonly endedBy: string;
  /** Messages by kind; each has one outcome for every target. */
  readonly sent: {
    readonly event: number;
    readonly notification: number;
    readonly request: number;
  };
  readonly rawEvents: number;
  readonly rawPerTopic: Partial<Record<RawTopic, number>>;
  /** How often each state was entered. */
  readonly states: Board['states'];
  readonly stopped: Stopped;
  /** Warnings that the buses logged, at most one a second for each code. */
  readonly warnings: number;
  readonly features: readonly Finding[];
}

const none: Latency = { p50: 0, p95: 0, p99: 0, max: 0 };

/** Gathers the figures once all buses have stopped. */
export function resultOf(run: {
  readonly program: Program;
  readonly board: Board;
  readonly chaos: Result['chaos'];
  readonly deliveries: Deliveries;
  readonly health: HealthHistory;
  readonly features: readonly Finding[];
  readonly page: string;
  readonly stopped: Stopped;
  readonly ranMs: number;
  readonly endedBy: string;
}): Result {
  const { program, board, chaos, deliveries, health, features, page, stopped, ranMs, endedBy } =
    run;
  const { hub, parts } = program;
  const all = [...parts, { place: hub, pid: process.pid, end: program.end }];
  const processes = all.flatMap(({ place, pid, end }): ProcessReport[] =>
    end === undefined ? [] : [{ ...place, pid, outcomes: end.outcomes }],
  );
  const { lost } = program;
  const links = parts.flatMap(({ link }) => (link === undefined ? [] : [link]));
  const { missing, ...delivered } = deliveries;
  const faults = [
    ...processes.filter(({ outcomes }) => !isBalanced(outcomes)).map(({ id }) => unbalanced(id)),
    ...lost.filter((part) => !isAccounted(part)).map(({ id }) => `what ${id} told does not add up`),
    ...links.filter((link) => !agrees(link)).map(({ peer }) => `hub and ${peer} count otherwise`),
    ...(missing === 0 ? [] : [`${missing} reliable messages are missing`]),
  ];
  const ends = all.flatMap(({ end }) => (end === undefined ? [] : [end]));
  const { rawEvents = 0, latencyMs = none, perTopic = {} } = board.figures ?? {};
  return {
    balanced: faults.length === 0,
    faults,
    outcomes: summed([
      ...processes.map(({ outcomes }) => outcomes),
      ...lost.flatMap(({ outcomes }) => (outcomes === undefined ? [] : diedWithProcess(outcomes))),
    ]),
    latencyMs,
    ratePerSecond: rawEvents / (ranMs / 1000),
    processes,
    lost,
    links,
    chaos,
    reliable: { ...delivered, ...reliabilityOf(ends), lost: missing },
    health,
    page,
    seconds: ranMs / 1000,
    endedBy,
    sent: sentBy(ends),
    rawEvents,
    rawPerTopic: perTopic,
    states: board.states,
    stopped,
    warnings: ends.reduce((sum, { warnings }) => sum + warnings, 0),
    features,
  };
}

function unbalanced(id: string): string {
  return `${id} has accepted what has neither ended nor is in flight, or the other way round`;
}

function isAccounted({ outcomes, plausible }: LostPart): boolean {
  return plausible && (outcomes === undefined || isBalanced(outcomes));
}

/** What was under way when a link broke is missing at its far end; nothing may be there that was not sent. */
function agrees({ toPeer, fromPeer, broken }: CountedLink): boolean {
  const isWhole = toPeer[0] === toPeer[1] && fromPeer[0] === fromPeer[1];
  return isWhole || (broken > 0 && toPeer[0] >= toPeer[1] && fromPeer[0] >= fromPeer[1]);
}

function reliabilityOf(ends: readonly PartEnd[]): Reliability {
  const sum = (of: keyof Reliability): number =>
    ends.reduce((total, { reliability }) => total + reliability[of], 0);
  return {
    retries: sum('retries'),
    sentAgain: sum('sentAgain'),
    deadLettersLeft: sum('deadLettersLeft'),
  };
}

function sentBy(ends: readonly PartEnd[]): Result['sent'] {
  const of = (kind: 'event' | 'notification' | 'request'): number =>
    ends.reduce((sum, { sent }) => sum + sent[kind], 0);
  return { event: of('event'), notification: of('notification'), request: of('request') };
}
