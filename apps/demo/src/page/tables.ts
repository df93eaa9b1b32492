import type {
  Deliveries,
  FaultReport,
  LinkState,
  ProcessState,
  SubjectState,
} from '../contract.ts';
import { ailing, faultTitle } from '../report/faults.ts';
import { integer } from '../report/format.ts';
import { byId, made } from './elements.ts';

const hub = 'main';

/** One cell: a text, a number, a number as it is to be written, or a state with its mark. */
type Cell = string | number | { readonly figure: string } | { readonly state: string };

export function showProcesses(processes: readonly ProcessState[]): void {
  fill(
    'processes',
    processes.map(({ id, state, runs, pid, modules, outcomes }) => [
      id,
      { state },
      outcomes.ended.handled,
      outcomes.ended.forwarded,
      outcomes.inFlight,
      { figure: String(pid) },
      runs,
      modules.join(', '),
    ]),
  );
}

export function showLinks(links: readonly LinkState[]): void {
  fill(
    'links',
    links.map(({ peer, state, transport, sent, received, bytes }) => [
      peer,
      { state },
      transport,
      sent,
      received,
      Math.round(bytes / 1024),
    ]),
  );
}

/** The peers of the hub, to which all are linked, and what any process finds unwell. */
export function showHealth(processes: readonly ProcessState[]): void {
  const rows = processes.flatMap(({ id, runs, state, health }) => {
    // What a lost process last thought is of no account.
    if (state === 'lost') return [];
    const peers = runs === hub ? health.filter(({ kind }) => kind === 'peer') : [];
    return [...new Set([...peers, ...ailing(health)])].map((subject) => healthRow(id, subject));
  });
  fill('health', rows);
}

function healthRow(by: string, subject: SubjectState): readonly Cell[] {
  const { name, state, reason, roundTripMs } = subject;
  return [name, { state }, breakerOf(subject), by, tenths(roundTripMs), reason];
}

function breakerOf({ kind, state }: SubjectState): string {
  if (kind === 'peer') return '';
  if (state === 'down') return 'open';
  return state === 'recovering' ? 'half open' : 'closed';
}

export function showFaults(faults: readonly FaultReport[]): void {
  const caused = faults.filter(({ causedMs }) => causedMs !== undefined);
  byId('no-faults').hidden = caused.length > 0;
  fill(
    'faults',
    caused.map((fault) => [
      faultTitle(fault),
      tenths((fault.causedMs ?? 0) / 1000),
      tenths(fault.noticedMs),
      tenths(fault.failoverMs),
      tenths(fault.recoveredMs),
      fault.requests.answered,
      fault.requests.failed,
      tenths(fault.requests.slowestMs),
      fault.noticed ?? '',
    ]),
  );
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

function tenths(value: number | undefined): Cell {
  return { figure: value === undefined ? '' : value.toFixed(1) };
}

function fill(id: string, rows: readonly (readonly Cell[])[]): void {
  byId(id).replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement('tr');
      row.append(...cells.map(cellOf));
      return row;
    }),
  );
}

function cellOf(cell: Cell): HTMLTableCellElement {
  if (typeof cell === 'string') return made('td', cell);
  if (typeof cell === 'object' && 'state' in cell) {
    const state = made('td', cell.state);
    state.className = 'state';
    state.dataset.is = cell.state;
    return state;
  }
  const number = made('td', typeof cell === 'number' ? integer(cell) : cell.figure);
  number.className = 'number';
  return number;
}
