import type { BusError, Host } from '@bus/core';
import { checkOptions, optionInvalid } from '@bus/core';
import type { DeadLetterOverflow } from './api.ts';
import type { DeadLetter, DeadLetterFilter } from './dead-letters.ts';
import { deadLettersFull } from './errors.ts';
import type { LetterFacts } from './letter.ts';
import { Letter } from './letter.ts';

/** A letter that waits for room. */
interface Blocked {
  readonly letter: Letter;
  kept(): void;
}

/** What was given up, up to a bound. */
export class DeadLetterStore {
  /** Letters that had to go for newer ones. */
  dropped = 0;
  readonly #host: Host;
  readonly #capacity: number;
  readonly #overflow: DeadLetterOverflow;
  /** Oldest first. */
  readonly #letters = new Set<Letter>();
  #blocked: Blocked[] = [];

  constructor(host: Host, capacity: number, overflow: DeadLetterOverflow) {
    this.#host = host;
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  get count(): number {
    return this.#letters.size;
  }

  /**
   * Keeps what was given up, as the letter that it was before where there is one. Calls one of the two:
   * at once, or when there is room; neither where the letter is abandoned meanwhile.
   */
  bury(
    facts: LetterFacts,
    before: Letter | undefined,
    kept: () => void,
    refused: (full: BusError) => void,
  ): Letter {
    const at = this.#host.env.wall();
    if (before !== undefined) {
      before.failedAgain(facts, at);
      kept();
      return before;
    }
    const letter = new Letter(facts, at);
    const isFull = this.#letters.size >= this.#capacity;
    if (isFull && this.#overflow === 'block') this.#blocked.push({ letter, kept });
    else if (isFull && this.#overflow === 'error') {
      refused(deadLettersFull(letter.topic, this.#capacity, facts.failures.last));
    } else {
      if (isFull) this.#dropOldest();
      this.#keep(letter);
      kept();
    }
    return letter;
  }

  /** @throws BUS_OPTION_INVALID */
  list(filter?: DeadLetterFilter): readonly DeadLetter[] {
    return this.find(filter).map((letter) => letter.view());
  }

  drop(which?: string | DeadLetterFilter): number {
    const letters = this.find(which);
    for (const letter of letters) this.remove(letter);
    return letters.length;
  }

  remove(letter: Letter): void {
    if (this.#letters.delete(letter)) this.#admit();
  }

  has(letter: Letter): boolean {
    return this.#letters.has(letter);
  }

  /** @throws BUS_OPTION_INVALID */
  find(which: string | DeadLetterFilter = {}): readonly Letter[] {
    const letters = [...this.#letters];
    if (typeof which === 'string') return letters.filter(({ message }) => message.id === which);
    if (typeof which !== 'object' || which === null) {
      throw optionInvalid('which', which, 'the id of a message, or { topic, reason }');
    }
    // A misspelled name would mean all letters.
    checkOptions('which', which, ['topic', 'reason']);
    const { topic, reason } = which;
    const isWanted = topic === undefined ? undefined : matching(topic);
    return letters.filter(
      (letter) =>
        (isWanted === undefined || isWanted(letter.topic)) &&
        (reason === undefined || letter.reason === reason),
    );
  }

  #keep(letter: Letter): void {
    this.#letters.add(letter);
    const { topic, reason, attempts, message } = letter;
    // A listener of this very event that fails would go on for ever.
    if (topic.startsWith('$bus.')) return;
    this.#host.emit('$bus.dead-letter', { id: message.id, topic, reason, attempts });
  }

  #dropOldest(): void {
    for (const oldest of this.#letters) {
      this.#letters.delete(oldest);
      this.dropped++;
      return;
    }
  }

  #admit(): void {
    this.#blocked = this.#blocked.filter(({ letter }) => !letter.abandoned);
    while (this.#letters.size < this.#capacity) {
      const next = this.#blocked.shift();
      if (next === undefined) return;
      this.#keep(next.letter);
      next.kept();
    }
  }
}

/** Routers tell who matches a topic, not what a pattern matches: letters are found by a plain rule. */
function matching(pattern: string): (topic: string) => boolean {
  if (typeof pattern !== 'string') throw optionInvalid('topic', pattern, 'a topic, or a pattern');
  const wanted = pattern.split('.');
  const open = wanted.at(-1) === '**';
  if (open) wanted.pop();
  return (topic) => {
    const segments = topic.split('.');
    if (open ? segments.length < wanted.length : segments.length !== wanted.length) return false;
    return wanted.every((segment, at) => segment === '*' || segment === segments[at]);
  };
}
