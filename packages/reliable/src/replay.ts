import type { BusError, BusMessage, Completion, Endpoint, Message, Outcome } from '@bus/core';
import type { Letter } from './letter.ts';

/** What came of a replay: `kept` where it still is a letter. */
export type ReplayOutcome = 'handled' | 'moved' | 'kept';

/** A letter that is under way again. */
export class Replay implements Completion {
  readonly letter: Letter;
  /** It goes to the subscription that gave it up, and stays one letter whatever comes of it. */
  readonly home: boolean;
  /** What was sent, once it is known. */
  message: Message | undefined;
  readonly result: Promise<ReplayOutcome>;
  /** What it failed with, where it did. */
  error: BusError | undefined;
  #resolve: (outcome: ReplayOutcome) => void = () => undefined;
  #open = 1;
  #handled = 0;
  /** A subscription has given it up. */
  buried = false;

  constructor(letter: Letter, home: boolean) {
    this.letter = letter;
    this.home = home;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  targeted(count: number, message: Message): void {
    this.#open = count;
    this.message = message;
  }

  settled(
    _message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    _value: unknown,
    error: BusError | undefined,
  ): void {
    this.#open = endpoint === undefined ? 0 : this.#open - 1;
    if (outcome === 'handled' || outcome === 'forwarded') this.#handled++;
    else if (outcome === 'dead-lettered') this.buried = true;
    else if (error !== undefined) this.error ??= error;
    if (this.#open > 0) return;
    this.#resolve(this.#outcome());
  }

  #outcome(): ReplayOutcome {
    if (this.error !== undefined) return 'kept';
    if (this.#handled > 0) return 'handled';
    return this.buried && !this.home ? 'moved' : 'kept';
  }
}

/** The letter that a message was, where it is back at the subscription that gave it up. */
export function letterComingHome({ completion }: BusMessage): Letter | undefined {
  return completion instanceof Replay && completion.home ? completion.letter : undefined;
}
