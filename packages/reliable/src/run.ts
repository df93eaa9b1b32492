import type { BusMessage, Envelope, Headers, Message, MessageKind, Priority } from '@bus/core';
import type { Acknowledgeable } from './api.ts';

/** What a listener has said of its run. */
export type Decision =
  | { readonly word: 'ack' }
  | {
      readonly word: 'nack';
      readonly delayMs: number | undefined;
      readonly reason: string | undefined;
    }
  | { readonly word: 'reject'; readonly reason: string | undefined };

/** Who is told what a listener says while its run goes on. */
export interface RunOwner {
  /** It has said what is to become of it. */
  decided(run: Run): void;
  /** It wants more time. */
  working(run: Run): void;
  /** Its ack deadline has passed. */
  expired(run: Run): void;
}

const acknowledged: Decision = { word: 'ack' };

/** One run of a listener: the message as that run gets it. */
export class Run implements Message, Acknowledgeable {
  readonly attempt: number;
  /** The first word counts. */
  decision: Decision | undefined;
  /** None while the first run is on the stack, which few runs outlive. */
  owner: RunOwner | undefined;
  readonly #message: BusMessage;
  #controller: AbortController | undefined;
  #ended: unknown;

  constructor(message: BusMessage, attempt: number, owner: RunOwner | undefined) {
    this.#message = message;
    this.attempt = attempt;
    this.owner = owner;
  }

  // Functions that a listener may take out of the message: ({ payload, ack }) => …
  get ack(): () => void {
    return () => this.#decide(acknowledged);
  }

  get nack(): Acknowledgeable['nack'] {
    return ({ delayMs, reason } = {}) => this.#decide({ word: 'nack', delayMs, reason });
  }

  get reject(): Acknowledgeable['reject'] {
    return (reason) => this.#decide({ word: 'reject', reason });
  }

  get working(): () => void {
    return () => this.owner?.working(this);
  }

  /** Tells the listener that its result is not waited for any more. */
  abort(reason: unknown): void {
    this.#ended ??= reason;
    this.#controller?.abort(reason);
  }

  #decide(decision: Decision): void {
    if (this.decision !== undefined) return;
    this.decision = decision;
    this.owner?.decided(this);
  }

  /** Of this run: it also aborts when the ack deadline passes. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  get id(): string {
    return this.#message.id;
  }

  get kind(): MessageKind {
    return this.#message.kind;
  }

  get topic(): string {
    return this.#message.topic;
  }

  get payload(): unknown {
    return this.#message.payload;
  }

  get headers(): Headers {
    return this.#message.headers;
  }

  get source(): string {
    return this.#message.source;
  }

  get time(): number {
    return this.#message.time;
  }

  get priority(): Priority {
    return this.#message.priority;
  }

  get key(): string | undefined {
    return this.#message.key;
  }

  get correlationId(): string | undefined {
    return this.#message.correlationId;
  }

  get replyTo(): string | undefined {
    return this.#message.replyTo;
  }

  get deadline(): number | undefined {
    return this.#message.deadline;
  }

  get hops(): number {
    return this.#message.hops;
  }

  get missed(): number {
    return this.#message.missed;
  }

  /** All fields as plain data. */
  toJSON(): Envelope {
    return { ...this.#message.toJSON(), attempt: this.attempt };
  }
}

/** Shows the message as plain data where Node prints it. */
Object.defineProperty(Run.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: Run.prototype.toJSON,
});
