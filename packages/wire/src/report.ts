import type { Link } from './link.ts';
import type { Transport } from './transport.ts';

/** What `bus.inspect().links` says of a link; plain JSON. */
export interface LinkReport {
  /** The bus at the other end, or its address until it has said hello. */
  readonly peer: string;
  readonly transport: string;
  readonly address: string;
  readonly remote: string;
  /** `suspect`: silent for longer than it should be, which it may still end. */
  readonly state: 'greeting' | 'up' | 'suspect' | 'leaving' | 'closed';
  readonly codec: string | undefined;
  readonly sent: { readonly messages: number; readonly bytes: number };
  readonly received: { readonly messages: number; readonly bytes: number };
  /** Interests of the peer that are endpoints here, and of this bus that the peer knows. */
  readonly interests: { readonly theirs: number; readonly ours: number };
  /** Messages sent that the peer has not confirmed as accepted yet. */
  readonly unconfirmed: number;
  /** Requests that wait for the peer's reply, and that the peer waits for. */
  readonly requests: { readonly asked: number; readonly answering: number };
  /** Events that wait for the peer's acknowledgement, and that the peer waits for. */
  readonly unacknowledged: { readonly sent: number; readonly received: number };
  /** Replies and acknowledgements of what was not asked or sent, or not any more. */
  readonly strayReplies: number;
  /** Messages refused because they came from this bus, or may not come in. */
  readonly refused: { readonly loops: number; readonly forbidden: number };
  readonly roundTripMs: number | undefined;
  /** What stands true of every link, whatever moves the bytes. */
  readonly semantics: typeof linkSemantics;
}

/** What messages keep when they cross a link. */
const linkSemantics: {
  readonly credit: true;
  readonly notifyKnowsCount: true;
  readonly groups: true;
  readonly priority: true;
  readonly ordering: 'interest';
  readonly durable: false;
} = Object.freeze({
  credit: true,
  notifyKnowsCount: true,
  groups: true,
  priority: true,
  ordering: 'interest',
  durable: false,
});

export function reportOf(link: Link, { name, address }: Transport): LinkReport {
  const { peer, info, session, life, outgoing, receivedBytes } = link;
  const receiver = session?.receiver;
  const refused = receiver?.entry.refused;
  return {
    peer,
    transport: name,
    address,
    remote: info.remote,
    state: life.suspect && link.state === 'up' ? 'suspect' : link.state,
    codec: session?.sender.codec.name,
    sent: { messages: session?.sender.messages ?? 0, bytes: outgoing.bytes },
    received: { messages: receiver?.messages ?? 0, bytes: receivedBytes },
    interests: { theirs: session?.remotes.count ?? 0, ours: session?.offers.count ?? 0 },
    unconfirmed: session?.sender.window.unconfirmed ?? 0,
    requests: { asked: session?.asked.count ?? 0, answering: receiver?.answering ?? 0 },
    unacknowledged: {
      sent: session?.unacked.count ?? 0,
      received: receiver?.unacknowledged ?? 0,
    },
    strayReplies: session?.strayReplies ?? 0,
    refused: { loops: refused?.loops ?? 0, forbidden: refused?.forbidden ?? 0 },
    roundTripMs: life.roundTripMs,
    semantics: linkSemantics,
  };
}
