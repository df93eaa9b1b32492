import type { Sent } from './messages.ts';
import { Fault } from './messages.ts';
import type { ModelReader } from './model-reader.ts';

/** Who must get a message: each in `all`, and one of each list in `oneOf`. */
export interface Targets {
  readonly all: readonly ModelReader[];
  readonly oneOf: readonly (readonly ModelReader[])[];
}

/** The rule of every verb. */
export function targetsOf(sent: Sent, readers: readonly ModelReader[]): Targets {
  const willing = readers.filter(
    (reader) => reader.state === 'active' && reader.matches(sent.topic) && reader.wants(sent),
  );
  const handlers = willing.filter(({ spec }) => spec.kind === 'handle');
  if (sent.verb === 'request')
    return { all: [], oneOf: handlers.length > 0 ? [best(handlers)] : [] };
  const subscribers = willing.filter(({ spec }) => spec.kind !== 'handle');
  const alone = subscribers.filter(({ spec }) => spec.group === undefined);
  const names = new Set(subscribers.flatMap(({ spec }) => spec.group ?? []));
  const groups = [...names].map((name) =>
    highest(subscribers.filter(({ spec }) => spec.group === name)),
  );
  return { all: sent.verb === 'notify' ? [...alone, ...handlers] : alone, oneOf: groups };
}

function highest(readers: readonly ModelReader[]): readonly ModelReader[] {
  const most = Math.max(...readers.map(({ spec }) => spec.priority));
  return readers.filter(({ spec }) => spec.priority === most);
}

const breadth = ['**', 'a.**', 'a.*'];

/** The highest priority, then the most specific pattern. */
function best(handlers: readonly ModelReader[]): readonly ModelReader[] {
  const specificity = ({ spec }: ModelReader): number => {
    const place = breadth.indexOf(spec.pattern);
    return place < 0 ? breadth.length : place;
  };
  const top = highest(handlers);
  const most = Math.max(...top.map(specificity));
  return top.filter((handler) => specificity(handler) === most);
}

/** The one that the test's own balance function names, of whatever equals the bus finds. */
export function chosenOf<T extends { readonly name: string | undefined }>(
  equals: readonly T[],
  id: number,
): T {
  const sorted = [...equals].sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  return sorted[id % sorted.length] as T;
}

/** In turn: while the same readers are asked, nobody comes again before all others have. */
export class Turns {
  readonly #recent = new Map<
    string,
    { readonly equals: readonly ModelReader[]; last: ModelReader[] }
  >();

  took(reader: ModelReader, equals: readonly ModelReader[]): void {
    const name = equals.map((each) => each.name).join();
    for (const [other, turn] of this.#recent) {
      if (other !== name && turn.equals.some((each) => equals.includes(each))) {
        this.#recent.delete(other);
      }
    }
    const turn = this.#recent.get(name) ?? { equals, last: [] };
    if (turn.last.includes(reader)) {
      throw new Fault(`${reader.name} got one more before its turn: ${name} are equals`);
    }
    turn.last = [...turn.last, reader].slice(-(equals.length - 1));
    this.#recent.set(name, turn);
  }
}
