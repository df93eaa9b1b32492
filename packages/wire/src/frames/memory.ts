interface PlatformBuffer {
  allocUnsafeSlow(size: number): Uint8Array;
}

// Found at run time, so that no bundler brings a stand-in for it to browsers.
const { Buffer: platform } = globalThis as { readonly Buffer?: PlatformBuffer };

/** Nothing to send, and nothing received. */
export const noBytes: Uint8Array = new Uint8Array(0);

/** Memory of one's own that is written before it is read: it need not be zeroed, where that can be had. */
export function unwritten(size: number): Uint8Array {
  if (platform === undefined) return new Uint8Array(size);
  const { buffer, byteOffset } = platform.allocUnsafeSlow(size);
  return new Uint8Array(buffer, byteOffset, size);
}

/** So much memory may be kept for the sake of any few bytes in it. */
export const smallMemory = 8_192;

/** Copies of a few bytes share memory: a piece of its own for each would cost more than its bytes. */
class Copies {
  /** Where the copy made last begins, in the memory that was returned. */
  at = 0;
  #shared: Uint8Array = noBytes;
  #used = 0;

  of(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (4 * length > smallMemory) {
      const own = unwritten(length);
      own.set(bytes.subarray(start, end));
      this.at = 0;
      return own;
    }
    if (this.#used + length > this.#shared.length) {
      this.#shared = unwritten(smallMemory);
      this.#used = 0;
    }
    this.at = this.#used;
    this.#used += length;
    if (length > 64) this.#shared.set(bytes.subarray(start, end), this.at);
    // A view of so few bytes would cost more than they do.
    else for (let i = 0; i < length; i++) this.#shared[this.at + i] = bytes[start + i] as number;
    return this.#shared;
  }
}

export const copies: Copies = new Copies();

/** The same memory without a platform's additions: payloads hold the same class on every transport. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A stack with room for as much again, when it has run full. */
export function doubled(stack: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(stack.length * 2);
  twice.set(stack);
  return twice;
}
