import type { Env } from '@bus/core';
import { atLeast, checkOptions } from '@bus/core';
import { noSignOfLife } from './errors.ts';
import type { Peers } from './peers.ts';

/**
 * The round trip to a peer, in milliseconds.
 * @throws HEALTH_ENDPOINT_UNHEALTHY, BUS_OPTION_INVALID
 */
export async function ping(
  env: Env,
  peers: Peers,
  id: string,
  options: { readonly timeoutMs?: number | undefined } = {},
): Promise<number> {
  checkOptions('health.ping', options, ['timeoutMs']);
  const timeoutMs = atLeast(0, 'timeoutMs', options.timeoutMs ?? 1000);
  const found = peers.find(id);
  if (found === undefined) throw noSignOfLife(id, 'is not linked');
  if (found.state === 'down') throw noSignOfLife(id, `was lost: ${found.reason}`);
  const pong = found.peer.ping();
  return new Promise((resolve, reject) => {
    const timer = env.setTimer(
      () => reject(noSignOfLife(id, `did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    pong.then(
      (roundTripMs) => {
        env.clearTimer(timer);
        resolve(roundTripMs);
      },
      (cause) => {
        env.clearTimer(timer);
        reject(noSignOfLife(id, 'was lost before it answered', cause));
      },
    );
  });
}
