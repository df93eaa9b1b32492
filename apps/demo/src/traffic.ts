import type { Capability, CapabilityToken, MessageKind, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';

type Sent = Readonly<Record<MessageKind, number>>;

/** The capability of {@link traffic}: the bus says how much was sent on it. */
export interface Traffic extends Capability {
  readonly name: 'traffic';
  readonly api: { sent(): Sent };
}

const Traffic: CapabilityToken<Traffic> = capability<Traffic>('traffic');

/**
 * A plugin of the demo's own. The bus counts outcomes, one for each target of a message; this counts
 * the messages.
 */
export function traffic(): Plugin<Traffic> {
  return definePlugin({
    name: 'demo-traffic',
    provides: Traffic,
    setup(host) {
      const sent = { event: 0, notification: 0, request: 0, response: 0 };
      host.hooks.outbound.tap((message) => {
        sent[message.kind]++;
        return message;
      });
      return { sent: () => ({ ...sent }) };
    },
  });
}
