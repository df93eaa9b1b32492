import type { BusMessage, Envelope } from '@bus/core';
import type { DeadLetter, DeadLetterError, DeadLetterReason } from './api.ts';
import type { ReliableSubscription } from './subscription.ts';

/** Why and when a message was given up. */
export interface LetterFacts {
  readonly message: BusMessage;
  readonly reason: DeadLetterReason;
  readonly attempts: number;
  readonly errors: readonly DeadLetterError[];
  readonly firstAt: number;
  readonly lastAt: number;
  /** None where no subscriber acknowledged it. */
  readonly subscription: ReliableSubscription | undefined;
}

/** Errors kept of a letter, over all its replays. */
const mostErrors = 10;

/** A message that was given up. */
export class Letter {
  readonly message: BusMessage;
  subscription: ReliableSubscription | undefined;
  readonly firstAt: number;
  reason: DeadLetterReason;
  attempts: number;
  replays = 0;
  /** It is under way again. */
  replaying = false;
  /** Nobody waits for its place any more. */
  abandoned = false;
  #errors: readonly DeadLetterError[];
  #lastAt: number;

  constructor(facts: LetterFacts) {
    this.message = facts.message;
    this.subscription = facts.subscription;
    this.firstAt = facts.firstAt;
    this.reason = facts.reason;
    this.attempts = facts.attempts;
    this.#errors = facts.errors;
    this.#lastAt = facts.lastAt;
  }

  get topic(): string {
    return this.message.topic;
  }

  get errors(): readonly DeadLetterError[] {
    return this.#errors;
  }

  /** A replay came to the same end: it is one letter still. */
  failedAgain({ reason, attempts, errors, lastAt }: LetterFacts): void {
    this.replays++;
    this.reason = reason;
    this.attempts += attempts;
    this.addErrors(errors, lastAt);
  }

  addErrors(errors: readonly DeadLetterError[], at: number): void {
    this.#errors = [...this.#errors, ...errors].slice(-mostErrors);
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
      firstAt: this.firstAt,
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
