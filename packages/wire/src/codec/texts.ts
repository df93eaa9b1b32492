import * as unpacking from 'msgpackr/unpack';
import { unsigned } from './scan.ts';

type Slice = (this: Uint8Array, start: number, end: number) => string;
/** One character for each byte from the text at `start` to the last that can be read with it. */
type TextsFrom = (start: number, end: number, buffer: ArrayBufferLike) => string;

interface Slices {
  readonly latin1Slice: Slice;
  readonly utf8Slice: Slice;
}

/** Longer texts are read one by one. */
const mostTogether = 64;
/** Bytes that are no text, and bytes of all: one text that is kept keeps all that are read with it. */
const mostApart = 40;
const mostBytes = 6000;

let isDone = false;

const notAscii = new Error('a short text that is not ASCII');

/**
 * Has msgpackr read short texts many at a time, for which a string of many bytes costs as much as one of
 * few: a list of records takes two thirds of the time. The addon that it would load does the same, but
 * installing that runs a build script. What is read has been scanned. Browsers have no such slices.
 */
export function readTextsTogether(): void {
  if (isDone) return;
  isDone = true;
  const { setExtractor } = unpacking as { readonly setExtractor?: (read: TextsFrom) => void };
  const { Buffer } = globalThis as { readonly Buffer?: { readonly prototype: Slices } };
  if (Buffer !== undefined) setExtractor?.(textsBy(Buffer.prototype));
}

function textsBy({ latin1Slice, utf8Slice }: Slices): TextsFrom {
  return (start, end, buffer) => {
    const bytes = new Uint8Array(buffer);
    let first = -1;
    let last = start;
    // What is no text is passed byte by byte: it may look like one, but never like an ASCII one that
    // reaches into a text behind it, since what begins a text is not ASCII.
    for (let at = start; at < end; ) {
      if (first >= 0 && at - last > mostApart) break;
      const token = bytes[at++] as number;
      if (token < 0xa0 || token > 0xdb || (token >= 0xc0 && token < 0xd9)) continue;
      const size = token < 0xc0 ? 0 : 1 << (token - 0xd9);
      // A number at the end may look like a text whose length is beyond it.
      if (at + size > end) break;
      const length = size === 0 ? token & 0x1f : unsigned(bytes, at, size);
      at += size;
      const after = at + length;
      if (first < 0 && length > mostTogether) return utf8Slice.call(bytes, at, after);
      const isMore = length > mostTogether || (first >= 0 && after - first > mostBytes);
      if (isMore || after > end || !isAscii(bytes, at, after)) break;
      if (first < 0) first = at;
      last = after;
      at = after;
    }
    // msgpackr reads the rest of the payload by itself then.
    if (first < 0) throw notAscii;
    return latin1Slice.call(bytes, first, last);
  };
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] as number) >= 0x80) return false;
  return true;
}
