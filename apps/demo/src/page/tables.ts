import type { Deliveries } from '../contract/deliveries.ts';
import type { FaultReport } from '../contract/faults.ts';
import type { SubjectState } from '../contract/health.ts';
import type { LinkState, ProcessState } from '../contract/processes.ts';
import { ailing, faultTitle } from '../report/faults.ts';
import { integer } from '../report/format.ts';
import { byId, made } from './elements.ts';
import { count, figure, state, Table, tenths, text } from './table.ts';

const hub = 'main';

const processTable = new Table<ProcessState>('processes', [
  text('process', ({ id }) => id),
  state('state', (process) => process.state),
  count('handled', ({ outcomes }) => outcomes.ended.handled),
  count('sent on', ({ outcomes }) => outcomes.ended.forwarded),
  count('in flight', ({ outcomes }) => outcomes.inFlight),
  figure('pid', ({ pid }) => String(pid)),
  text('runs as', ({ runs }) => runs),
  text('modules', ({ modules }) => modules.join(', ')),
]);

export function showProcesses(processes: readonly ProcessState[]): void {
  processTable.show(processes);
}

const linkTable = new Table<LinkState>('links', [
  text('peer', ({ peer }) => peer),
  state('state', (link) => link.state),
  text('by', ({ transport }) => transport),
  count('sent', ({ sent }) => sent),
  count('received', ({ received }) => received),
  count('KiB', ({ bytes }) => bytes / 1024),
]);

export function showLinks(links: readonly LinkState[]): void {
  linkTable.show(links);
}

/** A peer or endpoint, and the process that thinks so of it. */
type Seen = SubjectState & { readonly by: string };

const healthTable = new Table<Seen>('health', [
  text('name', ({ name }) => name),
  state('state', (seen) => seen.state),
  text('breaker', breakerOf),
  text('seen by', ({ by }) => by),
  tenths('round trip, ms', ({ roundTripMs }) => roundTripMs),
  text('because', ({ reason }) => reason),
]);

/** The peers of the hub, to which all are linked, and what any process finds unwell. */
export function showHealth(processes: readonly ProcessState[]): void {
  const seen = processes.flatMap(({ id, runs, state: its, health }) => {
    // What a lost process last thought is of no account.
    if (its === 'lost') return [];
    const peers = runs === hub ? health.filter(({ kind }) => kind === 'peer') : [];
    return [...new Set([...peers, ...ailing(health)])].map((subject) => ({ ...subject, by: id }));
  });
  healthTable.show(seen);
}

function breakerOf({ kind, state: its }: SubjectState): string {
  if (kind === 'peer') return '';
  if (its === 'down') return 'open';
  return its === 'recovering' ? 'half open' : 'closed';
}

const faultTable = new Table<FaultReport>('faults', [
  text('fault', faultTitle),
  tenths('at, s', ({ causedMs = 0 }) => causedMs / 1000),
  tenths('noticed, ms', ({ noticedMs }) => noticedMs),
  tenths('failover, ms', ({ failoverMs }) => failoverMs),
  tenths('recovery, ms', ({ recoveredMs }) => recoveredMs),
  count('answered', ({ requests }) => requests.answered),
  count('failed', ({ requests }) => requests.failed),
  tenths('slowest, ms', ({ requests }) => requests.slowestMs),
  text('how it was noticed', ({ noticed = '' }) => noticed),
]);

export function showFaults(faults: readonly FaultReport[]): void {
  const caused = faults.filter(({ causedMs }) => causedMs !== undefined);
  byId('no-faults').hidden = caused.length > 0;
  faultTable.show(caused);
}

export function showReliable(
  { published, acknowledged, handled, deadLetters, replayed, missing }: Deliveries,
  processes: readonly ProcessState[],
): void {
  const sum = (of: 'retries' | 'sentAgain'): number =>
    processes.reduce((total, { reliability }) => total + reliability[of], 0);
  const figures: readonly (readonly [string, number])[] = [
    ['published', published],
    ['acknowledged', acknowledged],
    ['handled', handled],
    ['under way or lost', missing],
    ['tried again', sum('retries')],
    ['sent again', sum('sentAgain')],
    ['dead letters', deadLetters],
    ['replayed', replayed],
  ];
  byId('reliable').replaceChildren(
    ...figures.flatMap(([name, value]) => [made('dt', name), made('dd', integer(value))]),
  );
}
