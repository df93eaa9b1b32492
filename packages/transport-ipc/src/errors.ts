import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this transport adds, with what each says in `details`. */
export interface TransportIpcErrorCodes {
  /** Somebody listens on the path, or is just about to. */
  TRANSPORT_IPC_ADDRESS_IN_USE: { readonly path: string };
  /** What is at the path, or its directory, could be in another user's hands, or cannot be a socket. */
  TRANSPORT_IPC_PATH_UNSAFE: { readonly path: string; readonly reason: string };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends TransportIpcErrorCodes {}
}

/** A second listener must never cut off the first. */
export function addressInUse(path: string, cause?: unknown): BusError {
  return busError(
    'TRANSPORT_IPC_ADDRESS_IN_USE',
    `somebody listens on '${path}' already: connect to it, stop it, or take another path`,
    { path },
    cause,
  );
}

/** `reason` completes "cannot use 'path': …" and says what to do about it. */
export function pathUnsafe(path: string, reason: string, cause?: unknown): BusError {
  return busError(
    'TRANSPORT_IPC_PATH_UNSAFE',
    `cannot use '${path}' for a socket: ${reason}`,
    { path, reason },
    cause,
  );
}

/** The `code` of a system error, such as `ENOENT`; in a test runner it may be of another realm. */
export function systemCode(error: unknown): string | undefined {
  const { code }: { readonly code?: unknown } = Object(error);
  return typeof code === 'string' ? code : undefined;
}
