import type { BusMessage, Endpoint, Envelope } from '@bus/core';
import type { DeadLetter, DeadLetterError, DeadLetterReason } from './dead-letters.ts';
import type { Failures } from './failures.ts';
import { newest } from './failures.ts';

/** The subscription that gave a message up. */
export interface LetterSource {
  readonly name: string | undefined;
  readonly pattern: string;
  /** Undefined until the kernel has added it. */
  readonly endpoint: Endpoint | undefined;
}

/** Why a message was given up. */
export interface LetterFacts {
  readonly message: BusMessage;
  readonly reason: DeadLetterReason;
  /** Runs of the listener, or times it was sent. */
  readonly attempts: number;
  /** What these failed with. */
  readonly failures: Failures;
  /** None where no subscriber acknowledged it. */
  readonly subscription: LetterSource | undefined;
}

/** A message that was given up. */
export class Letter {
  readonly message: BusMessage;
  subscription: LetterSource | undefined;
  reason: DeadLetterReason;
  attempts: number;
  replays = 0;
  /** It is under way again. */
  replaying = false;
  /** Nobody waits for its place any more. */
  abandoned = false;
  readonly #firstAt: number;
  #errors: readonly DeadLetterError[];
  #lastAt: number;

  /** @param at - now, in milliseconds since the Unix epoch. */
  constructor({ message, reason, attempts, failures, subscription }: LetterFacts, at: number) {
    this.message = message;
    this.subscription = subscription;
    this.reason = reason;
    this.attempts = attempts;
    this.#firstAt = failures.firstAt;
    this.#errors = failures.errors;
    this.#lastAt = at;
  }

  get topic(): string {
    return this.message.topic;
  }

  /** A replay came to the same end: it is one letter still. */
  failedAgain({ reason, attempts, failures }: LetterFacts, at: number): void {
    this.replays++;
    this.reason = reason;
    this.attempts += attempts;
    this.addErrors(failures.errors, at);
  }

  addErrors(errors: readonly DeadLetterError[], at: number): void {
    this.#errors = newest(this.#errors, errors);
    this.#lastAt = at;
  }

  abandon(): void {
    this.abandoned = true;
  }

  view(): DeadLetter {
    const { message, subscription } = this;
    return {
      id: message.id,
      topic: message.topic,
      reason: this.reason,
      attempts: this.attempts,
      errors: this.#errors,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      replays: this.replays,
      subscription: subscription && { name: subscription.name, pattern: subscription.pattern },
      message: envelopeOf(message),
    };
  }
}

/** A payload that cannot be decoded may be why the message is here. */
function envelopeOf(message: BusMessage): Envelope {
  try {
    return message.toJSON();
  } catch {
    return message.with({ payload: undefined }).toJSON();
  }
}
