import { join } from '../bytes.ts';
import { expect } from '../expect.ts';

/** How long a numbered record is, so that a stream can be read without knowing its cuts. */
export const recordBytes = 16;

/** The record of a number, which fills it. */
export function record(number: number, length: number = recordBytes): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= length; at += 4) view.setUint32(at, number);
  return bytes;
}

export function* records(from: number, to: number, length?: number): Generator<Uint8Array> {
  for (let number = from; number < to; number++) yield record(number, length);
}

/** Reads numbered records out of a stream that is cut anywhere, and fails at the first out of turn. */
export class RecordReader {
  readonly #length: number;
  #next: number;
  #left: Uint8Array = new Uint8Array(0);
  #fault: string | undefined;

  constructor(from = 0, length: number = recordBytes) {
    this.#next = from;
    this.#length = length;
  }

  readonly read = (bytes: Uint8Array): void => {
    const all = this.#left.length === 0 ? bytes : join([this.#left, bytes]);
    let at = 0;
    for (; at + this.#length <= all.length; at += this.#length) this.#check(all, at);
    this.#left = all.slice(at);
  };

  /** Whether one has come out of turn, after which there is nothing to wait for. */
  readonly isWrong = (): boolean => this.#fault !== undefined;

  /** Fails unless every record below `end` has come, each once and in order. */
  expectAll(end: number): void {
    if (this.#fault !== undefined) throw new Error(this.#fault);
    expect(this.#next === end, `${this.#next} sends arrived, not ${end}`);
    expect(this.#left.length === 0, `${this.#left.length} bytes too many`);
  }

  #check(bytes: Uint8Array, at: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, this.#length);
    const number = view.getUint32(0);
    const last = view.getUint32((this.#length & ~3) - 4);
    if (number !== this.#next || last !== number) {
      this.#fault ??= `send ${number} arrived where ${this.#next} was due`;
    }
    this.#next++;
  }
}
