/** What hangs on one signal. */
class Hanging {
  readonly #signal: AbortSignal;
  readonly #actions = new Set<() => void>();
  readonly #abort = (): void => {
    for (const action of this.#actions) action();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(action: () => void): void {
    if (this.#actions.size === 0) this.#signal.addEventListener('abort', this.#abort);
    this.#actions.add(action);
  }

  /** With nothing left it listens no more: platforms keep some signals alive for their listeners. */
  delete(action: () => void): void {
    if (!this.#actions.delete(action) || this.#actions.size > 0) return;
    this.#signal.removeEventListener('abort', this.#abort);
  }
}

const hanging = new WeakMap<AbortSignal, Hanging>();

/**
 * Does something when `signal` aborts, and returns what calls that off. A signal gets one listener
 * however many messages and endpoints hang on it: platforms add and remove listeners slowly, and Node
 * warns of a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  let all = hanging.get(signal);
  if (all === undefined) {
    all = new Hanging(signal);
    hanging.set(signal, all);
  }
  const there = all;
  there.add(action);
  return () => there.delete(action);
}
