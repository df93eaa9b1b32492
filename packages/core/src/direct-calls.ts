import type { Answer } from './admission.ts';
import type { Context } from './context.ts';
import type { Endings } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import type { HandlerCalls } from './handler-calls.ts';
import type { BusMessage } from './message.ts';
import type { Runner } from './runner.ts';
import type { Timing } from './timing.ts';
import { untimed } from './timing.ts';

/** From here on it pays to call handlers without looking at their endpoints. */
const manyTargets = 16;

/**
 * The short way to a handler: of an endpoint that is free, for a message nobody watches, it is a
 * call and two counts. What turns out to be more, or is more from the start, is the runner's.
 */
export class DirectCalls {
  readonly #context: Context;
  readonly #timing: Timing;
  readonly #calls: HandlerCalls;
  readonly #endings: Endings;
  readonly #runner: Runner;
  /** By list of targets, their handlers; null where they have to be asked one by one. */
  readonly #handlers = new WeakMap<readonly Endpoint[], readonly Endpoint['handler'][] | null>();

  constructor(context: Context, endings: Endings, runner: Runner) {
    this.#context = context;
    this.#timing = context.timing;
    this.#calls = context.calls;
    this.#endings = endings;
    this.#runner = runner;
  }

  /**
   * Offers a message to all its targets; `others` gets the answers that are no counts. Where nothing
   * has to be watched, an idle endpoint costs its handler's call and a few flags.
   */
  offerAll(targets: readonly Endpoint[], message: BusMessage, others: Answer[]): number {
    const { ledger, hooks, slots } = this.#context;
    const { deliver, outcome } = hooks;
    const caller = slots.direct;
    if (caller !== undefined) slots.callers.push(caller);
    let plain = this.#isPlain(message);
    const count = targets.length;
    slots.nesting++;
    let at =
      plain && count >= manyTargets && deliver === undefined && outcome === undefined
        ? this.#callMany(targets, message)
        : 0;
    let accepted = at;
    while (at < count) {
      // One try around the loop, entered again after a throw: a try per handler costs a fifth more.
      try {
        for (; at < count; at++) {
          const endpoint = targets[at] as Endpoint;
          if (plain && endpoint.idle && (caller === undefined || !slots.isCalling(endpoint))) {
            ledger.accepted++;
            accepted += endpoint.isRemote ? endpoint.members : 1;
            slots.direct = endpoint;
            const value =
              deliver === undefined ? endpoint.handler(message) : deliver(message, endpoint);
            if (value === undefined && endpoint.idle && !this.#endings.watched) {
              const ended = endpoint.isRemote ? 'forwarded' : 'handled';
              ledger[ended]++;
              if (outcome !== undefined) {
                slots.direct = undefined;
                this.#timing.countRun();
                const { sentAt } = message;
                outcome(message, endpoint, ended, sentAt, untimed, undefined, undefined);
              }
            } else {
              this.#settleDirect(endpoint, message, value, false);
              plain = this.#isPlain(message);
            }
          } else {
            slots.direct = undefined;
            const answer = this.#runner.offer(endpoint, message);
            if (typeof answer === 'number') accepted += answer;
            else others.push(answer);
          }
        }
      } catch (error) {
        this.#settleDirect(targets[at++] as Endpoint, message, error, true);
      }
    }
    slots.nesting--;
    slots.direct = caller;
    if (caller !== undefined) slots.callers.pop();
    return accepted;
  }

  /**
   * Calls the handlers of many targets without looking at the targets, for as long as every endpoint
   * of the bus is free: their memory is what a large fan-out would wait for.
   * @returns how many targets are dealt with.
   */
  #callMany(targets: readonly Endpoint[], message: BusMessage): number {
    const { ledger, traffic, slots } = this.#context;
    const handlers = this.#handlersOf(targets);
    if (handlers === undefined || traffic.busy > 0 || this.#endings.watched) return 0;
    const { changes } = traffic;
    const caller = slots.direct;
    let at = 0;
    let value: unknown;
    try {
      for (; at < handlers.length; at++) {
        slots.direct = targets[at];
        ledger.accepted++;
        const handler = handlers[at] as Endpoint['handler'];
        value = handler(message);
        if (value !== undefined || traffic.changes !== changes) break;
        ledger.handled++;
      }
    } catch (error) {
      this.#settleDirect(targets[at] as Endpoint, message, error, true);
      return at + 1;
    }
    if (at === handlers.length) {
      slots.direct = caller;
      return at;
    }
    this.#settleDirect(targets[at] as Endpoint, message, value, false);
    return at + 1;
  }

  /** The handlers of a list of targets that is used again and again, if all are plain. */
  #handlersOf(targets: readonly Endpoint[]): readonly Endpoint['handler'][] | undefined {
    let handlers = this.#handlers.get(targets);
    if (handlers === undefined) {
      const plain = targets.every((endpoint) => endpoint.isPlain && !endpoint.isRemote);
      handlers = plain ? targets.map((endpoint) => endpoint.handler) : null;
      this.#handlers.set(targets, handlers);
    }
    return handlers ?? undefined;
  }

  /** What came of a direct call that was more than a plain return: from here on it is counted. */
  #settleDirect(endpoint: Endpoint, message: BusMessage, value: unknown, failed: boolean): void {
    this.#context.slots.direct = undefined;
    endpoint.load++;
    endpoint.update();
    this.#runner.settle(endpoint, message, undefined, value, failed, untimed);
  }

  /** Whether nothing about a message has to be watched while its handlers run. */
  #isPlain(message: BusMessage): boolean {
    const { slots } = this.#context;
    return (
      !this.#timing.isNextTimed() &&
      message.traits.unwatched &&
      message.control === undefined &&
      !this.#calls.isInContext() &&
      slots.shallow &&
      slots.free
    );
  }
}
