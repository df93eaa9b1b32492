import { Packr, RESERVE_START_SPACE, Unpackr } from 'msgpackr';

const LENGTH_BYTES = 4;
const BATCH_BYTES = 64 * 1024;
/** A message is packed here first; room for the longest there is. */
const SCRATCH_BYTES = 256 * 1024;

const MAPS = { useRecords: false };

/**
 * Where bytes go, and what to wait for before there are more.
 *
 * @typedef {object} Sink
 * @property {(bytes: Uint8Array) => void} write
 * @property {Promise<void> | undefined} full
 */

/**
 * Gathers messages, each behind its length, and writes them once a turn or when a batch is full.
 *
 * @param {Sink} sink
 * @returns {(message: object) => Promise<void> | undefined} a promise asks to wait for it
 */
export function outgoing(sink) {
  const packr = new Packr(MAPS);
  const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  let batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  let length = 0;
  let isScheduled = false;

  const flush = () => {
    if (length === 0) return;
    sink.write(batch.subarray(0, length));
    // The socket may still hold what it got.
    batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
    length = 0;
  };
  const flushOfTurn = () => {
    isScheduled = false;
    flush();
  };

  return (message) => {
    packr.useBuffer(scratch);
    const bytes = packr.pack(message, RESERVE_START_SPACE + LENGTH_BYTES);
    bytes.writeUInt32BE(bytes.length - LENGTH_BYTES, 0);
    if (length + bytes.length > BATCH_BYTES) flush();
    batch.set(bytes, length);
    length += bytes.length;
    if (!isScheduled) {
      isScheduled = true;
      process.nextTick(flushOfTurn);
    }
    return sink.full;
  };
}

/**
 * Takes messages out of bytes that are cut anywhere.
 *
 * @param {(message: any) => void} take
 */
export function incoming(take) {
  const unpackr = new Unpackr(MAPS);
  const range = { start: 0, end: 0 };
  /** @type {Buffer[]} */
  let rest = [];
  let restLength = 0;
  let needed = LENGTH_BYTES;

  /** @param {Buffer} chunk */
  return (chunk) => {
    if (restLength > 0) {
      rest.push(chunk);
      restLength += chunk.length;
      if (restLength < needed) return;
      chunk = Buffer.concat(rest);
      rest = [];
      restLength = 0;
    }
    let at = 0;
    needed = LENGTH_BYTES;
    while (at + LENGTH_BYTES <= chunk.length) {
      const end = at + LENGTH_BYTES + chunk.readUInt32BE(at);
      if (end > chunk.length) {
        needed = end - at;
        break;
      }
      range.start = at + LENGTH_BYTES;
      range.end = end;
      at = end;
      take(unpackr.unpack(chunk, range));
    }
    if (at === chunk.length) return;
    rest = [chunk.subarray(at)];
    restLength = chunk.length - at;
  };
}
