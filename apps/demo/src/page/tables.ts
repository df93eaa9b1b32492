import type { LinkState, ProcessState } from '../contract.ts';
import { integer } from '../report/format.ts';
import { byId, made } from './elements.ts';

/** One cell: a text, a number, a process id, or a state with its mark. */
type Cell = string | number | { readonly pid: number } | { readonly state: string };

export function showProcesses(processes: readonly ProcessState[]): void {
  fill(
    'processes',
    processes.map(({ id, state, runs, pid, modules, outcomes }) => [
      id,
      { state },
      outcomes.ended.handled,
      outcomes.ended.forwarded,
      outcomes.inFlight,
      { pid },
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
  // A process id is no quantity, and has no commas.
  const number = made('td', typeof cell === 'number' ? integer(cell) : String(cell.pid));
  number.className = 'number';
  return number;
}
