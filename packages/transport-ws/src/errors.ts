import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this transport adds, with what each says in `details`. */
export interface TransportWsErrorCodes {
  /** A listener refused the page that wanted to connect; `origin` is unknown to the side refused. */
  TRANSPORT_WS_ORIGIN_REFUSED: { readonly origin: string | undefined; readonly address: string };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends TransportWsErrorCodes {}
}

/** A listener's own word on a page it refused. */
export function originRefused(origin: string, address: string): BusError {
  return busError(
    'TRANSPORT_WS_ORIGIN_REFUSED',
    `a page of '${origin}' wanted to connect to ${address} and was refused: add its origin to \`listen.origins\` if it is yours`,
    { origin, address },
  );
}

/** What the side that was answered 403 can know. */
export function refusedByListener(address: string): BusError {
  return busError(
    'TRANSPORT_WS_ORIGIN_REFUSED',
    `${address} answered 403: its \`listen.origins\` do not list this origin, or a proxy on the way forbids it`,
    { origin: undefined, address },
  );
}
