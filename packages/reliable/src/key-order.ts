/** One of those that are sent one at a time. */
export interface Ordered {
  /** It needs no sending any more. */
  readonly ended: boolean;
  send(): void;
}

/** What has one key: the first is under way, the others wait. */
interface Line {
  head: Ordered | undefined;
  readonly waiting: Ordered[];
  /** How many of `waiting` have had their turn. */
  taken: number;
  advancing: boolean;
}

/** Sends what has one key one at a time, the next when the one before has ended. */
export class KeyOrder {
  readonly #lines = new Map<string, Line>();

  /** Sends it as soon as nothing of its key is under way. */
  add(key: string, ordered: Ordered): void {
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { head: undefined, waiting: [], taken: 0, advancing: false };
      this.#lines.set(key, line);
    }
    line.waiting.push(ordered);
    this.#advance(key, line);
  }

  /** One of the key has ended. */
  ended(key: string): void {
    const line = this.#lines.get(key);
    if (line !== undefined) this.#advance(key, line);
  }

  /** A loop, since those that are acknowledged at once would recurse. */
  #advance(key: string, line: Line): void {
    if (line.advancing) return;
    line.advancing = true;
    while (line.head === undefined || line.head.ended) {
      line.head = line.waiting[line.taken];
      if (line.head === undefined) break;
      line.taken++;
      if (!line.head.ended) line.head.send();
    }
    line.advancing = false;
    if (line.head === undefined) this.#lines.delete(key);
    else if (line.taken > 64 && line.taken * 2 > line.waiting.length) {
      line.waiting.splice(0, line.taken);
      line.taken = 0;
    }
  }
}
