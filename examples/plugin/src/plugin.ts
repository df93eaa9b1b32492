import type { Plugin, Timer } from '@bus/core';
import { atLeast, definePlugin } from '@bus/core';
import type { Delivered } from './api.ts';
import { Recent } from './api.ts';
import { History } from './history.ts';

export interface RecentOptions {
  /** How many deliveries to keep of each topic; default 10. */
  readonly size?: number;
  /** Of how many topics; default 1,000. The one unheard of for longest is forgotten first. */
  readonly topics?: number;
  /** How long to keep them; default 60,000. */
  readonly maxAgeMs?: number;
}

/**
 * Keeps the last deliveries of each topic, to be read with `bus.recent.of(topic)`.
 * @throws BUS_OPTION_INVALID
 */
export function recent(options: RecentOptions = {}): Plugin<Recent> {
  const { size = 10, topics = 1000, maxAgeMs = 60_000 } = options;
  for (const [option, value] of Object.entries({ size, topics, maxAgeMs })) {
    atLeast(1, option, value);
  }
  return definePlugin({
    name: 'bus-plugin-recent',
    provides: Recent,
    setup({ env, hooks }) {
      const history = new History<Delivered<unknown>>(size, topics);
      let running = false;
      let timer: Timer | undefined;

      const sweepLater = (): void => {
        if (timer === undefined && history.size > 0) timer = env.setTimer(sweep, maxAgeMs);
      };
      const sweep = (): void => {
        timer = undefined;
        history.forget(env.now() - maxAgeMs);
        sweepLater();
      };

      hooks.start.tap(() => {
        running = true;
      });
      hooks.outcome.tap((message, endpoint, outcome) => {
        // Messages that `bus.stop()` cuts off end after the `stop` hook: they must set no timer.
        if (!running) return undefined;
        const { topic, payload } = message;
        history.add(topic, { payload, outcome, endpoint: endpoint?.name }, env.now());
        sweepLater();
        return undefined;
      });
      hooks.inspect.tap(() => ({ topics: history.size }));
      hooks.stop.tap(() => {
        running = false;
        env.clearTimer(timer);
        history.forget(Number.POSITIVE_INFINITY);
      });

      return { recent: { of: (topic) => history.of(topic, env.now() - maxAgeMs) } };
    },
  });
}
