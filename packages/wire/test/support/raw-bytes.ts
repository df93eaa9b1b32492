/** Bytes of the protocol, built and read without any of its code. */
export const type = {
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
};

export const kind = {
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
  ackedEvent: 15,
  ackedAlso: 16,
  ackedCancel: 17,
};

export interface RawFrame {
  readonly type: number;
  readonly body: Buffer;
}

export interface RawRecord {
  readonly kind: number;
  readonly content: Buffer;
}

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

export function frame(frameType: number, ...body: readonly Uint8Array[]): Buffer {
  const all = Buffer.concat(body);
  const head = Buffer.from([0, 0, 0, 0, frameType, 0]);
  head.writeUInt32BE(all.length + 2);
  return Buffer.concat([head, all]);
}

export function empty(frameType: number): Buffer {
  return frame(frameType);
}

export function json(frameType: number, value: unknown): Buffer {
  return frame(frameType, Buffer.from(JSON.stringify(value)));
}

export function numbers(...values: readonly number[]): Buffer {
  return Buffer.concat(values.map(varint));
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}

export function record(recordKind: number, ...content: readonly Uint8Array[]): Buffer {
  const all = Buffer.concat(content);
  const head = Buffer.from([recordKind, 0, 0, 0, 0]);
  head.writeUInt32BE(all.length, 1);
  return Buffer.concat([head, all]);
}

export const someTime = 1_700_000_000_000;

export function messages(...records: readonly Uint8Array[]): Buffer {
  const time = Buffer.alloc(6);
  time.writeUIntBE(someTime, 0, 6);
  return frame(type.messages, time, ...records);
}

export function name(slot: number, value: string): Buffer {
  return record(kind.name, varint(slot), Buffer.from(value));
}

/** A message without any field that may be left out. */
export function plain(interest: number, slot: number, payload: Uint8Array, sequence = 0): Buffer {
  return Buffer.concat([varint(interest), Buffer.from([0]), numbers(slot, sequence), payload]);
}

export function framesOf(bytes: Uint8Array): readonly RawFrame[] {
  const buffer = Buffer.from(bytes);
  const frames: RawFrame[] = [];
  for (let at = 0; at < buffer.length; ) {
    const end = at + 4 + buffer.readUInt32BE(at);
    if (end > buffer.length) throw new Error('the bus has sent a frame in part');
    frames.push({ type: buffer.readUInt8(at + 4), body: buffer.subarray(at + 6, end) });
    at = end;
  }
  return frames;
}

export function recordsOf({ body }: RawFrame): readonly RawRecord[] {
  const records: RawRecord[] = [];
  for (let at = 6; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    records.push({ kind: body.readUInt8(at), content: body.subarray(at + 5, end) });
    at = end;
  }
  return records;
}

export function jsonOf({ body }: RawFrame): unknown {
  return JSON.parse(body.toString());
}

/** An interest as a peer offers it. */
export function interest(id: number, pattern: unknown, parts: object = {}): object {
  return {
    id,
    pattern,
    kinds: ['event'],
    priority: 0,
    capacity: 100,
    overflow: 'block',
    distance: 1,
    ...parts,
  };
}
