import type { ReliableOptions } from '@bus/reliable';
import type { LinkOptions } from '@bus/wire';
import { jsonCodec, msgpackCodec } from '@bus/wire';
import { redeliverMs, runsAtMost } from './reliable-topics.ts';
import type { World } from './world.ts';

/** Short, so that all has been decided when a run ends. */
export const reliableOptions: ReliableOptions = {
  ackTimeoutMs: 40,
  attempts: runsAtMost,
  backoff: { baseMs: 5, maxMs: 100 },
  redeliverMs,
};

/** Small limits, so that they are met. @param isWatched - the station has the plugin health. */
export function linkOptions({ random }: World, isWatched: boolean): LinkOptions {
  const codecs = [msgpackCodec(), jsonCodec()];
  return {
    codec: random.chance(0.3) ? codecs.toReversed() : codecs,
    // Health gives its own to links that have none.
    heartbeat: isWatched
      ? undefined
      : { intervalMs: 100, idleMs: 100, suspectMs: 250, downMs: 500 },
    reconnect: { baseMs: 10, factor: 2, maxMs: 200 },
    limits: {
      windowMessages: random.pick([4, 16, 256, 4096]),
      windowBytes: random.pick([4096, 65_536, 1 << 20]),
      pendingRequests: random.pick([4, 64, 1024]),
      helloMs: 1000,
    },
  };
}
