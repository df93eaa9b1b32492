import { integer } from '../report/format.ts';
import { byId, made } from './elements.ts';

/** A column with its heading, and what it shows of a row. */
export interface Column<Row> {
  readonly heading: string;
  readonly is: 'text' | 'number' | 'state';
  readonly text: (row: Row) => string;
}

export function text<Row>(heading: string, of: (row: Row) => string): Column<Row> {
  return { heading, is: 'text', text: of };
}

/** A state, with a mark before it. */
export function state<Row>(heading: string, of: (row: Row) => string): Column<Row> {
  return { heading, is: 'state', text: of };
}

/** A whole number. */
export function count<Row>(heading: string, of: (row: Row) => number): Column<Row> {
  return { heading, is: 'number', text: (row) => integer(of(row)) };
}

/** A number as it is written: without separators. */
export function figure<Row>(heading: string, of: (row: Row) => string): Column<Row> {
  return { heading, is: 'number', text: of };
}

/** A number with one decimal, or nothing. */
export function tenths<Row>(heading: string, of: (row: Row) => number | undefined): Column<Row> {
  return figure(heading, (row) => of(row)?.toFixed(1) ?? '');
}

/** A table of the page; the element `NAME-table` gets its headings, and rows as `NAME`. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #body = document.createElement('tbody');

  constructor(name: string, columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#body.id = name;
    const headings = document.createElement('tr');
    headings.append(...columns.map(headingOf));
    const head = document.createElement('thead');
    head.append(headings);
    byId(`${name}-table`).append(head, this.#body);
  }

  show(rows: readonly Row[]): void {
    this.#body.replaceChildren(
      ...rows.map((row) => {
        const cells = document.createElement('tr');
        cells.append(...this.#columns.map((column) => cellOf(column, row)));
        return cells;
      }),
    );
  }
}

function headingOf<Row>({ heading, is }: Column<Row>): HTMLTableCellElement {
  const cell = made('th', heading);
  cell.scope = 'col';
  if (is === 'number') cell.className = is;
  return cell;
}

function cellOf<Row>({ is, text: of }: Column<Row>, row: Row): HTMLTableCellElement {
  const shown = of(row);
  const cell = made('td', shown);
  if (is !== 'text') cell.className = is;
  if (is === 'state') cell.dataset.is = shown;
  return cell;
}
