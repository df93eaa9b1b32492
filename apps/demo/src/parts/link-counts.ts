import type { Plugin } from '@bus/core';
import { definePlugin } from '@bus/core';
import type { LinkReport } from '@bus/wire';
import type { WorkspaceBus } from '../assembly.ts';
import type { LinkCount } from './control.ts';

/** What a bus has counted on its links. */
export function linkCounts(bus: WorkspaceBus): readonly LinkCount[] {
  return (bus.inspect().links as readonly LinkReport[]).map(({ peer, sent, received }) => {
    return { peer, sent: sent.messages, received: received.messages };
  });
}

/**
 * Holds a bus that stops until `drained` resolves. To be installed after the transports: plugins stop
 * in reverse, so all messages have gone then, and the links are still there to be counted.
 */
export function beforeLinksClose(drained: () => Promise<void>): Plugin {
  return definePlugin({
    name: 'demo-before-links-close',
    setup(host) {
      host.hooks.stop.tap(drained);
      return undefined;
    },
  });
}
