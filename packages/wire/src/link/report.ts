import type { Transport } from '../plugin/transport.ts';
import type { Link } from './link.ts';

/** What `bus.inspect().links` says of a link; plain JSON. Counts are of this link, from its connection on. */
export interface LinkReport {
  /** The bus at the other end, or its address until it has said hello. */
  readonly peer: string;
  /** The name of the transport, such as `ipc`. */
  readonly transport: string;
  /** Where the transport listens or connects. */
  readonly address: string;
  /** Who is at the other end, as the transport says. */
  readonly remote: string;
  /**
   * `greeting`: not let in yet, by either side. `suspect`: silent for longer than it should be, which
   * it may still end. `leaving`: this bus stops, and lets what is under way arrive.
   */
  readonly state: 'greeting' | 'up' | 'suspect' | 'leaving' | 'closed';
  /** Which payload codec both ends have agreed on; undefined before the link is up. */
  readonly codec: string | undefined;
  /** Messages and requests sent, replies not counted; and all bytes given to the transport. */
  readonly sent: { readonly messages: number; readonly bytes: number };
  /** Messages and requests that came, replies not counted; and all bytes. */
  readonly received: { readonly messages: number; readonly bytes: number };
  /** Interests the peer has told of, and those of this bus that it has been offered. */
  readonly interests: { readonly theirs: number; readonly ours: number };
  /** Messages sent that the peer has not confirmed as accepted yet. */
  readonly unconfirmed: number;
  /** Requests that wait for the peer's reply, and that the peer waits for. */
  readonly requests: { readonly asked: number; readonly answering: number };
  /** Events that wait for the peer's acknowledgement, and that the peer waits for. */
  readonly unacknowledged: { readonly sent: number; readonly received: number };
  /**
   * Messages refused because they came from this bus (`loops`), or may not come in (`forbidden`, which
   * counts the peer's patterns that were refused, too).
   */
  readonly refused: { readonly loops: number; readonly forbidden: number };
  /** The last round trip of a sign of life, in milliseconds; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** What stands true of every link, whatever moves the bytes. */
  readonly semantics: typeof linkSemantics;
}

/** What messages keep when they cross a link. */
const linkSemantics: {
  /** Nothing is sent that the receiver has not given credit for. */
  readonly credit: true;
  /** `notify` and `publish` count the endpoints of the peer, as it last said. */
  readonly notifyKnowsCount: true;
  /** One member of a group gets a message, on whichever bus it is. */
  readonly groups: true;
  /** Priorities are kept at both ends. */
  readonly priority: true;
  /** Order is kept for each interest of the peer. */
  readonly ordering: 'interest';
  /** What is under way when the link is lost is lost. */
  readonly durable: false;
} = Object.freeze({
  credit: true,
  notifyKnowsCount: true,
  groups: true,
  priority: true,
  ordering: 'interest',
  durable: false,
});

/** What a link says of itself now. */
export function reportOf(link: Link, { name, address }: Transport): LinkReport {
  const { peer, info, session, life, outgoing, receivedBytes } = link;
  const receiver = session?.receiver;
  const refused = receiver?.door.refused;
  return {
    peer,
    transport: name,
    address,
    remote: info.remote,
    state: life.suspect && link.state === 'up' ? 'suspect' : link.state,
    codec: session?.sender.codec.name,
    sent: { messages: session?.sender.messages ?? 0, bytes: outgoing.bytes },
    received: { messages: receiver?.credit.messages ?? 0, bytes: receivedBytes },
    interests: { theirs: session?.remotes.count ?? 0, ours: session?.offers.count ?? 0 },
    unconfirmed: session?.sender.window.unconfirmed ?? 0,
    requests: { asked: session?.asked.count ?? 0, answering: receiver?.requests.count ?? 0 },
    unacknowledged: {
      sent: session?.unacked.count ?? 0,
      received: receiver?.events.count ?? 0,
    },
    refused: { loops: refused?.loops ?? 0, forbidden: refused?.forbidden ?? 0 },
    roundTripMs: life.roundTripMs,
    semantics: linkSemantics,
  };
}
