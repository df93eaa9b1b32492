/** Marks the messages of links among those of the user's own on the same port. */
export const MARK = '@bus/transport-ipc';

/**
 * - `hello`: I listen; is anybody there?
 * - `ready`: I heard your hello.
 * - `data`: bytes of the link.
 * - `bye`: I listen no more.
 */
type Kind = 'hello' | 'ready' | 'data' | 'bye';

const KINDS: ReadonlySet<unknown> = new Set<Kind>(['hello', 'ready', 'data', 'bye']);

/** What the two ends of a port send each other. */
export interface PortMessage {
  readonly [MARK]: Kind;
  /** The end that sends it. A transport of the past or of another bus on the port has another. */
  readonly from: string;
  /** The end a `ready` answers; otherwise empty. */
  readonly to: string;
  readonly bytes: Uint8Array;
}

/** Something to carry for messages that carry nothing, which shows whether the port can carry bytes. */
function sample(): Uint8Array {
  return new Uint8Array(1);
}

export function helloFrom(from: string): PortMessage {
  return { [MARK]: 'hello', from, to: '', bytes: sample() };
}

export function readyFor(to: string, from: string): PortMessage {
  return { [MARK]: 'ready', from, to, bytes: sample() };
}

export function dataFrom(from: string, bytes: Uint8Array): PortMessage {
  return { [MARK]: 'data', from, to: '', bytes };
}

export function byeFrom(from: string): PortMessage {
  return { [MARK]: 'bye', from, to: '', bytes: sample() };
}

/**
 * The message of a link that came in, its bytes as `toBytes` finds them; undefined for all others.
 */
export function arrivedMessage(
  value: unknown,
  toBytes: (carried: unknown) => Uint8Array | undefined,
): PortMessage | undefined {
  if (typeof value !== 'object' || value === null || !(MARK in value)) return undefined;
  const { [MARK]: kind, from, to, bytes } = value as Partial<Record<keyof PortMessage, unknown>>;
  if (!KINDS.has(kind) || typeof from !== 'string' || typeof to !== 'string') return undefined;
  const found = toBytes(bytes);
  return found && { [MARK]: kind as Kind, from, to, bytes: found };
}

/** What was carried as bytes, also where they are of another realm. */
export function carriedBytes(carried: unknown): Uint8Array | undefined {
  return ArrayBuffer.isView(carried) && 'length' in carried ? (carried as Uint8Array) : undefined;
}
