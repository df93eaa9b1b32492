import type { Deliverer } from './deliver.ts';
import type { Endpoint } from './endpoint/endpoint.ts';
import type { BusError } from './errors.ts';
import type { BusMessage, Delivery, Handover, Outstanding } from './message/message.ts';
import { type Count, isThenable, type SendPromises } from './outcome/results.ts';
import type { Dispatch } from './plugin/hooks.ts';
import type { KernelHooks } from './plugin/taps.ts';

/** The parts of a bus that dispatching uses. */
export interface DispatchParts {
  readonly hooks: KernelHooks;
  readonly promises: SendPromises;
  readonly deliverer: Deliverer;
  report(error: BusError, isWatched?: boolean): void;
}

/** Hands messages to the `dispatch` taps, and keeps their places while a tap takes its time. */
export class Dispatcher {
  readonly #parts: DispatchParts;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  /**
   * Passes a message through the `dispatch` taps. They pass it on before they return, or their promise
   * lets them pass it on later, or they keep it.
   */
  dispatch(message: BusMessage, targets: readonly Endpoint[]): Count {
    const { hooks, deliverer, promises } = this.#parts;
    const { endings } = deliverer;
    if (hooks.dispatch === undefined) return deliverer.deliver(message, targets);
    const isTold = message.completion !== undefined;
    const handover: Handover = { isPassed: false, places: undefined };
    message.handover = handover;
    let result: unknown;
    try {
      result = hooks.dispatch(message, targets);
    } catch (cause) {
      const error = hooks.blame('dispatch', cause);
      if (!handover.isPassed) return endings.unreached(message, 'rejected', error);
      this.#parts.report(error, true);
      return promises.reject(error, isTold);
    }
    if (!isThenable(result)) {
      if (handover.isPassed) return typeof result === 'number' ? result : 0;
      return endings.unreached(message, 'dropped', undefined, 'dispatch');
    }
    const passed = Promise.resolve(result as Promise<number>);
    if (!handover.isPassed) return this.#hold(message, targets, handover, passed);
    const blamed = passed.catch((cause: unknown) => {
      const error = hooks.blame('dispatch', cause);
      if (error.code === 'BUS_HOOK_FAILED') this.#parts.report(error, true);
      throw error;
    });
    return promises.make((resolve) => resolve(blamed), isTold);
  }

  /** The taps take their time: the message's places are reserved now, and it starts later. */
  #hold(
    message: BusMessage,
    targets: readonly Endpoint[],
    handover: Handover,
    passed: Promise<number>,
  ): Promise<number> {
    const { deliverer, hooks, promises, report } = this.#parts;
    const places: Delivery[] = [];
    handover.places = places;
    const count = deliverer.reserve(message, targets, places);
    // An observer may have passed it on meanwhile: to as many as had a place by then.
    if (handover.isPassed) {
      for (const place of places) if (place.held) deliverer.withdraw(place, undefined);
    }
    const close = (error: BusError | undefined): void => {
      if (handover.isPassed) return;
      handover.isPassed = true;
      for (const place of places) deliverer.withdraw(place, error);
    };
    const settled = passed.then(
      (result) => {
        close(undefined);
        // A refusal by a full mailbox goes to the sender, whatever the taps say.
        return Promise.resolve(count).then(() => result);
      },
      (cause) => {
        const error = hooks.blame('dispatch', cause);
        close(error);
        report(error, true);
        throw error;
      },
    );
    const first = Promise.race([settled, givenUp(message.track(), handover, count)]);
    return promises.make((resolve) => resolve(first), message.completion !== undefined);
  }

  /** The innermost layer of the `dispatch` hook. */
  readonly passOn: Dispatch = (given, targets) => {
    const message = given as BusMessage;
    const { deliverer } = this.#parts;
    const { handover } = message;
    const places = handover?.isPassed ? undefined : handover?.places;
    if (handover !== undefined) handover.isPassed = true;
    if (places === undefined) {
      if (targets.length === 0) return deliverer.endings.unreached(message, 'unroutable');
      return deliverer.deliver(message, targets);
    }
    let count = 0;
    for (const place of places) {
      if (place.isEnded) continue;
      if (targets.includes(place.endpoint)) {
        deliverer.fill(place, message);
        count += place.endpoint.members;
      } else deliverer.withdraw(place, undefined);
    }
    return count;
  };
}

/** What the sender of a message gets that ends at all its places while the taps still hold it. */
function givenUp(outstanding: Outstanding, handover: Handover, count: Count): Promise<number> {
  const { release } = outstanding;
  return new Promise((resolve, reject) => {
    if (outstanding.count === 0) resolve(count);
    else Promise.resolve(count).catch(reject);
    outstanding.release = (error) => {
      release?.(error);
      if (handover.isPassed) return;
      if (error === undefined) resolve(0);
      else reject(error);
    };
  });
}
