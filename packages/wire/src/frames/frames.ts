import type { Priority } from '@bus/core';

/** The version of the protocol that this package speaks. See docs/wire-protocol.md. */
export const protocolVersion = 1;

/** `u32 length | u8 type | u8 flags`; the length counts what follows it. */
export const headerBytes = 6;
/** Of the header, what the length counts. */
export const countedBytes = 2;

/** What a frame is. */
export const frame = {
  hello: 1,
  welcome: 2,
  bye: 3,
  offer: 4,
  revoke: 5,
  messages: 6,
  credit: 7,
  ping: 8,
  pong: 9,
  credentials: 10,
  leave: 11,
  left: 12,
  hold: 13,
  resume: 14,
  notice: 15,
} as const;

export type FrameType = (typeof frame)[keyof typeof frame];

/** What a record within a frame of messages is. */
export const record = {
  name: 1,
  event: 2,
  notification: 3,
  also: 4,
  request: 5,
  reply: 6,
  failure: 7,
  stream: 8,
  item: 9,
  more: 10,
  enough: 11,
  ack: 12,
  nack: 13,
  cancel: 14,
  /** An event that its sender waits to be acknowledged; `also` and `cancel` of such. */
  ackedEvent: 15,
  ackedAlso: 16,
  ackedCancel: 17,
} as const;

/** Which fields of a message follow the flags. */
export const field = {
  /** Names of its source and of the prefix of its id, and its hops: it comes from another bus. */
  relayed: 1,
  /** How many milliseconds before its frame it was sent. */
  age: 2,
  /** Milliseconds left until its deadline. */
  deadline: 4,
  key: 8,
  headers: 16,
  correlationId: 32,
  /** Priority, attempt, address for replies, id, missed; see {@link extra}. */
  extra: 64,
} as const;

/** In the byte of extra fields: the place of the priority in {@link priorities}, and which others follow. */
export const extra = { priority: 3, attempt: 4, replyTo: 8, id: 16, missed: 32 } as const;
export const priorities: readonly Priority[] = ['normal', 'high', 'low'];

/** The first frame may have no more bytes than this, whoever sends it. */
export const helloBytes = 4096;
/** Frames of JSON but the hello may have no more bytes than this. */
export const controlBytes = 65_536;
/** What is to be sent is sent, within a turn, when it has reached this. */
export const fullBatchBytes = 65_536;
/**
 * A frame of messages takes no more when it has reached this. Far below a batch: a frame that arrives
 * in parts has to be put together, and of small ones few do.
 */
export const fullFrameBytes = 16_384;
/** The most headers of one message, whatever their size. */
export const mostHeaders = 64;
