import type { Answer } from './admission.ts';
import type { Context } from './context.ts';
import type { Delivery } from './delivery.ts';
import type { DirectCalls } from './direct-calls.ts';
import type { Endings } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import type { Message } from './envelope.ts';
import { BusError, busError } from './errors.ts';
import type { BusMessage } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { Count } from './promises.ts';
import { rejection, unwatched } from './promises.ts';
import type { Runner } from './runner.ts';

/** Puts messages before their targets, through the `dispatch` taps, and ends those that have none. */
export class Dispatcher {
  readonly #context: Context;
  readonly #endings: Endings;
  readonly #runner: Runner;
  readonly #calls: DirectCalls;
  /** The message whose dispatch taps are on the stack and have not passed it on yet. */
  #dispatching: Message | undefined;
  /** By message id, the places reserved for messages whose taps take their time. */
  readonly #held = new Map<string, readonly Delivery[]>();
  /** Answers that are no counts, of the sends on the stack; one array for all. */
  readonly #others: Answer[] = [];

  constructor(context: Context, endings: Endings, runner: Runner, calls: DirectCalls) {
    this.#context = context;
    this.#endings = endings;
    this.#runner = runner;
    this.#calls = calls;
  }

  dispatch(message: BusMessage, targets: readonly Endpoint[]): Count {
    const { dispatch } = this.#context.hooks;
    if (dispatch === undefined) {
      return this.#acceptAll(message, targets);
    }
    const outer = this.#dispatching;
    this.#dispatching = message;
    let result: Count;
    try {
      result = dispatch(message, targets);
    } catch (error) {
      return this.#threw(message, outer, this.#context.hooks.blame('dispatch', error));
    }
    const passedOn = this.#dispatching !== message;
    this.#dispatching = outer;
    if (passedOn) return typeof result === 'number' ? result : this.#quiet(result);
    if (typeof result !== 'number') return this.#hold(message, targets, result);
    return this.end(message, 'dropped', undefined, 'dispatch');
  }

  #threw(message: BusMessage, outer: Message | undefined, error: BusError): Count {
    const unsent = this.#dispatching === message;
    this.#dispatching = outer;
    if (unsent) return this.end(message, 'rejected', error);
    this.#context.report(error);
    return rejection(error);
  }

  /** Taps that go on after passing a message may still fail, and nobody may be waiting. */
  #quiet(result: Promise<number>): Promise<number> {
    const blamed = result.catch((cause: unknown) => {
      const error = this.#context.hooks.blame('dispatch', cause);
      if (error.code === 'BUS_HOOK_FAILED') this.#context.report(error);
      throw error;
    });
    return unwatched(blamed);
  }

  /** The taps are writing it ahead: its place in every mailbox is taken now, the start comes later. */
  #hold(
    message: BusMessage,
    targets: readonly Endpoint[],
    result: Promise<number>,
  ): Promise<number> {
    const runner = this.#runner;
    message.completion?.targeted?.(targets.length, message);
    const places = targets.flatMap((endpoint) => runner.hold(endpoint, message) ?? []);
    this.#held.set(message.id, places);
    const close = (error: BusError): void => {
      this.#held.delete(message.id);
      for (const place of places) if (place.held) runner.withdraw(place, error);
    };
    const settled = Promise.resolve(result).then(
      (count) => {
        if (this.#held.has(message.id)) close(droppedByTap(message));
        return count;
      },
      (cause) => {
        const error = this.#context.hooks.blame('dispatch', cause);
        if (this.#held.has(message.id)) close(error);
        this.#context.report(error);
        throw error;
      },
    );
    return unwatched(settled);
  }

  /** The innermost layer of the `dispatch` hook. */
  readonly passOn = (message: Message, targets: readonly Endpoint[]): Count => {
    const own = message as BusMessage;
    const dispatching = this.#dispatching;
    if (dispatching === message || dispatching?.id === message.id) {
      this.#dispatching = undefined;
      return this.#acceptAll(own, targets);
    }
    const held = this.#held.get(message.id);
    if (held === undefined) return this.#acceptAll(own, targets);
    this.#held.delete(message.id);
    const runner = this.#runner;
    let count = 0;
    for (const place of held) {
      if (!place.held || place.ended) continue;
      if (targets.includes(place.endpoint)) {
        runner.write(place, own);
        count++;
      } else runner.withdraw(place, droppedByTap(own));
    }
    return count;
  };

  #acceptAll(message: BusMessage, targets: readonly Endpoint[]): Count {
    const others = this.#others;
    const before = others.length;
    const { ledger } = this.#context;
    const offered = ledger.accepted;
    if (targets.length > 0) message.completion?.targeted?.(targets.length, message);
    const accepted = this.#calls.offerAll(targets, message, others);
    // Every filter said no: that is an outcome too.
    if (accepted === 0 && ledger.accepted === offered) void this.end(message, 'unroutable');
    if (others.length === before) return accepted;
    const answers = others.splice(before);
    const [only] = answers;
    if (answers.length > 1 || !(only instanceof BusError))
      return this.#settleAll(accepted, answers);
    this.#context.report(only);
    return rejection(only);
  }

  #settleAll(accepted: number, answers: Answer[]): Promise<number> {
    const settled = Promise.all(answers).then((all) => {
      let count = accepted;
      let refusal: BusError | undefined;
      for (const answer of all) {
        if (typeof answer === 'number') count += answer;
        else {
          refusal ??= answer;
          this.#context.report(answer);
        }
      }
      if (refusal !== undefined) throw refusal;
      return count;
    });
    return unwatched(settled);
  }

  /** Ends a message that may not go on. */
  refuse(message: BusMessage, error: unknown): Count {
    const refusal = error as BusError;
    const outcome = refusal.code === 'BUS_EXPIRED' ? 'expired' : 'rejected';
    return this.end(message, outcome, refusal);
  }

  /** Ends a message that reached no endpoint. */
  end(message: BusMessage, outcome: Outcome, error?: BusError, reason?: string): Count {
    this.#context.ledger.accepted++;
    this.#endings.record(message, undefined, outcome, error, reason);
    if (error === undefined) return 0;
    this.#context.report(error);
    return rejection(error);
  }
}

function droppedByTap(message: Message): BusError {
  return busError(
    'BUS_HOOK_FAILED',
    `a dispatch tap kept the message on '${message.topic}' to itself`,
    { hook: 'dispatch', plugin: 'unknown' },
  );
}
