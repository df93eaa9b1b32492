/** What hangs on each signal. */
const hanging = new WeakMap<EventTarget, Set<() => void>>();

function runAll({ target }: Event): void {
  for (const action of hanging.get(target as EventTarget) ?? []) action();
}

/**
 * Does something when `signal` aborts, and returns what calls that off. A signal gets one listener
 * however many messages and endpoints hang on it: platforms add and remove listeners slowly, and Node
 * warns of a leak from the eleventh on. With nothing left it has none: some stay alive for theirs.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const actions = hanging.get(signal) ?? new Set();
  hanging.set(signal, actions);
  if (actions.size === 0) signal.addEventListener('abort', runAll);
  actions.add(action);
  return () => {
    if (actions.delete(action) && actions.size === 0) signal.removeEventListener('abort', runAll);
  };
}
