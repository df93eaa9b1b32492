import type { BusError, Message, Plugin } from '@bus/core';
import { definePlugin } from '@bus/core';
import { isReliable } from './reliable-topics.ts';

/** By pair of stations: events and notifications that left one for the other, and that came in. */
export class Flow {
  readonly forwarded = new Map<string, number>();
  readonly arrived = new Map<string, number>();

  count(map: Map<string, number>, from: string, to: string): void {
    const pair = `${from}>${to}`;
    map.set(pair, (map.get(pair) ?? 0) + 1);
  }
}

/** Counts what leaves for a peer, what comes from one, and by nonce, the requests lost with one. */
export function observer(id: string, flow: Flow, losses: Map<number, number>): Plugin {
  return definePlugin({
    name: '@bus/simulation',
    setup(host) {
      host.hooks.outcome.tap((message, endpoint, outcome, _startedAt, _durationMs, error) => {
        if (isLoss(error)) countLoss(losses, message);
        if (outcome === 'forwarded' && endpoint !== undefined && isCounted(message)) {
          flow.count(flow.forwarded, id, endpoint.bus);
        }
        return undefined;
      });
      host.hooks.inbound.tap((message) => {
        const peer = message.origin?.peer;
        if (peer !== undefined && isCounted(message)) flow.count(flow.arrived, peer, id);
        return message;
      });
      return undefined;
    },
  });
}

/** Where a hub says that it lost somebody, the error is the cause of that of its handler. */
function isLoss(error: BusError | undefined): boolean {
  const own = error?.code === 'BUS_HANDLER_FAILED' ? error.cause : error;
  return (own as Partial<BusError> | undefined)?.code === 'CORRELATION_PEER_GONE';
}

function countLoss(losses: Map<number, number>, { payload }: Message): void {
  const { nonce } = (payload ?? {}) as { readonly nonce?: number };
  if (nonce !== undefined) losses.set(nonce, (losses.get(nonce) ?? 0) + 1);
}

/** Of acknowledged ones, the outcome is not what left, but what was done. */
function isCounted({ kind, topic }: Message): boolean {
  return kind !== 'request' && !isReliable(topic);
}
