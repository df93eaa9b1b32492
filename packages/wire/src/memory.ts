interface PlatformBuffer {
  allocUnsafeSlow(size: number): Uint8Array;
}

// Found at run time, so that no bundler brings a stand-in for it to browsers.
const { Buffer: platform } = globalThis as { readonly Buffer?: PlatformBuffer };

/** Memory of one's own that is written before it is read: it need not be zeroed, where that can be had. */
export function unwritten(size: number): Uint8Array {
  if (platform === undefined) return new Uint8Array(size);
  const { buffer, byteOffset } = platform.allocUnsafeSlow(size);
  return new Uint8Array(buffer, byteOffset, size);
}
