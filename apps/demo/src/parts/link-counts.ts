import type { Origin, Plugin } from '@bus/core';
import { definePlugin } from '@bus/core';
import type { LinkReport } from '@bus/wire';
import type { WorkspaceBus } from '../assembly.ts';
import type { LinkCount } from './control.ts';

/** Counts messages over the links of a bus, those included that are gone. */
export class LinkTally {
  /** To be installed on the bus. */
  readonly plugin: Plugin;
  readonly #bus: () => WorkspaceBus;
  readonly #peers: ReadonlySet<string>;
  readonly #gone = new Map<string, LinkCount>();

  /** @param peers - whose links to count. */
  constructor(bus: () => WorkspaceBus, peers: Iterable<string>) {
    this.#bus = bus;
    this.#peers = new Set(peers);
    const seen = new WeakSet<Origin>();
    this.plugin = definePlugin({
      name: 'demo-link-tally',
      setup: ({ hooks }) => {
        // The last moment at which a link that is lost still says what it has counted.
        hooks.endpoint.tap(({ type, endpoint, reason }) => {
          const origin = endpoint.extras?.origin;
          if (type !== 'removed' || reason !== 'peer-gone' || origin === undefined) return;
          if (seen.has(origin)) return;
          seen.add(origin);
          this.#lost(origin.peer);
        });
        return undefined;
      },
    });
  }

  all(): readonly LinkCount[] {
    return [...this.#peers].flatMap((peer) => this.of(peer) ?? []);
  }

  /** What went over all links with a peer; undefined where there was none. */
  of(peer: string): LinkCount | undefined {
    const gone = this.#gone.get(peer);
    const here = this.#here(peer);
    if (gone === undefined || here === undefined) return gone ?? here;
    return plus(gone, here);
  }

  isLinked(peer: string): boolean {
    return this.#here(peer) !== undefined;
  }

  /** The same, and begins anew: another process will have this peer's name. */
  take(peer: string): LinkCount | undefined {
    const count = this.of(peer);
    this.#gone.delete(peer);
    return count;
  }

  #lost(peer: string): void {
    const last = this.#here(peer);
    if (last === undefined) return;
    const gone = this.#gone.get(peer) ?? { peer, sent: 0, received: 0, broken: 0 };
    this.#gone.set(peer, { ...plus(gone, last), broken: gone.broken + 1 });
  }

  #here(peer: string): LinkCount | undefined {
    if (!this.#peers.has(peer)) return undefined;
    const links = this.#bus().inspect().links as readonly LinkReport[];
    const link = links.find((other) => other.peer === peer);
    if (link === undefined) return undefined;
    return { peer, sent: link.sent.messages, received: link.received.messages, broken: 0 };
  }
}

function plus(one: LinkCount, other: LinkCount): LinkCount {
  return {
    peer: one.peer,
    sent: one.sent + other.sent,
    received: one.received + other.received,
    broken: one.broken + other.broken,
  };
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
