import type { BusError } from '@bus/core';
import type { Hello } from '../greeting/handshake.ts';
import type { Link } from './link.ts';
import type { LinkContext } from './link-context.ts';
import type { Session } from './session.ts';

/** Who keeps the links of a transport. */
export interface LinkOwner {
  readonly context: LinkContext;
  /** Why the peer may not be linked to, if so: it is ourselves, or linked already. */
  refusal(link: Link, hello: Hello): BusError | undefined;
  up(link: Link, session: Session): void;
  /** The peer has told what it offers for the first time. */
  ready(link: Link): void;
  down(link: Link, error: unknown): void;
  /** The peer has become suspect, or is not any more. */
  suspected(link: Link): void;
  /** The link is to be watched in another way. */
  watched(): void;
  /** Will call {@link Link.flush} before this turn is over. */
  flushLater(link: Link): void;
}
