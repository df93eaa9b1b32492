import { handlerFactories, payload, state } from './handlers.mjs';
import { median } from './measure.mjs';
import { openBus } from './ours.mjs';

const TOPIC = 'orders.eu.created';

/**
 * Publishes to a group.
 *
 * @param {number} members
 */
export function grouped(members) {
  return async () => {
    const bus = await openBus({ taps: false });
    const factories = handlerFactories('message');
    for (let i = 0; i < members; i++) {
      bus.subscribe(TOPIC, factories[i % factories.length](), { group: 'billing' });
    }
    return {
      run(count) {
        for (let i = 0; i < count; i++) bus.publish(TOPIC, payload);
      },
      done: () => state.sum,
      stop: () => bus.stop(),
    };
  };
}

/**
 * How much longer a publish takes for a listener that has just joined many; medians, in µs.
 *
 * @param {() => import('./emitters.mjs').Emitter | Promise<import('./emitters.mjs').Emitter>} open
 * @param {number} listeners
 */
export function joining(open, listeners) {
  return async ({ quick }) => {
    const { shape, on, emit, stop } = await open();
    const [make] = handlerFactories(shape);
    for (let i = 0; i < listeners; i++) on(TOPIC, make());
    const timed = () => {
      const started = performance.now();
      emit(TOPIC, payload);
      return (performance.now() - started) * 1000;
    };
    for (let i = 0; i < 200; i++) timed();
    const before = state.sum;
    const first = [];
    const next = [];
    const more = [];
    const rounds = quick ? 50 : 200;
    for (let i = 0; i < rounds; i++) {
      on(TOPIC, make());
      first.push(timed());
      next.push(timed());
      more.push(first[i] - next[i]);
    }
    // Each round has one listener more, and publishes twice.
    const due = rounds * (2 * listeners + rounds + 1);
    if (state.sum - before !== due) throw new Error(`${state.sum - before} calls of ${due}`);
    await stop?.();
    return { '': median(more), first: median(first), next: median(next) };
  };
}
