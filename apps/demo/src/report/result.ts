import type { OutcomeCounts } from '@bus/core';
import type { Latency, ProcessReport, RawTopic } from '../contract.ts';
import type { PartEnd } from '../parts/control.ts';
import type { CountedLink } from '../parts/part.ts';
import type { Program, Stopped } from '../parts/program.ts';
import type { Finding } from '../showcase/finding.ts';
import type { Board } from './board.ts';
import { isBalanced, summed } from './sums.ts';

/** What a run comes to. Its public fields are what `--json` prints. */
export interface Result {
  /** Every process has balanced, none is lost, and both ends of every link count the same. */
  readonly balanced: boolean;
  /** Why not, if so. */
  readonly faults: readonly string[];
  /** Of all processes together. */
  readonly outcomes: OutcomeCounts;
  readonly latencyMs: Latency;
  /** Raw events a second, over the whole run. */
  readonly ratePerSecond: number;
  readonly processes: readonly ProcessReport[];
  /** Those that ended before they were told to; what they counted is not known. */
  readonly lost: readonly { readonly id: string; readonly pid: number; readonly how: string }[];
  /** Messages over the links between the processes, as both ends counted them. */
  readonly links: readonly CountedLink[];
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
  readonly features: readonly Finding[];
  readonly page: string;
  readonly stopped: Stopped;
  readonly ranMs: number;
  readonly endedBy: string;
}): Result {
  const { program, board, features, page, stopped, ranMs, endedBy } = run;
  const { hub, parts } = program;
  const all = [...parts, { place: hub, pid: process.pid, end: program.end }];
  const processes = all.flatMap(({ place, pid, end }): ProcessReport[] =>
    end === undefined ? [] : [{ ...place, pid, outcomes: end.outcomes }],
  );
  const lost = parts.flatMap(({ place, pid, lost: how }) =>
    how === undefined ? [] : [{ id: place.id, pid, how }],
  );
  const links = parts.flatMap(({ link }) => (link === undefined ? [] : [link]));
  const faults = [
    ...processes.filter(({ outcomes }) => !isBalanced(outcomes)).map(({ id }) => unbalanced(id)),
    ...lost.map(({ id, how }) => `${id} was lost with what it had counted (${how})`),
    ...links.filter((link) => !agrees(link)).map(({ peer }) => `hub and ${peer} count otherwise`),
  ];
  const ends = all.flatMap(({ end }) => (end === undefined ? [] : [end]));
  const { rawEvents = 0, latencyMs = none, perTopic = {} } = board.figures ?? {};
  return {
    balanced: faults.length === 0,
    faults,
    outcomes: summed(processes.map(({ outcomes }) => outcomes)),
    latencyMs,
    ratePerSecond: rawEvents / (ranMs / 1000),
    processes,
    lost,
    links,
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

function agrees({ toPeer, fromPeer }: CountedLink): boolean {
  return toPeer[0] === toPeer[1] && fromPeer[0] === fromPeer[1];
}

function sentBy(ends: readonly PartEnd[]): Result['sent'] {
  const of = (kind: 'event' | 'notification' | 'request'): number =>
    ends.reduce((sum, { sent }) => sum + sent[kind], 0);
  return { event: of('event'), notification: of('notification'), request: of('request') };
}
