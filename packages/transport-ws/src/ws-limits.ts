/** What the `ws` package is told, for both roles. */
export interface WsLimits {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly closeTimeout: number;
  readonly perMessageDeflate: false;
  readonly skipUTF8Validation: true;
}

/** Bounds on one message of at most `bytes`, and on what its parts cost while it is not complete. */
export function wsLimits(bytes: number): WsLimits {
  return {
    maxPayload: bytes,
    // Browsers cut long messages into some tens of KiB; thousands of tiny parts are an attack.
    maxFragments: Math.max(1024, Math.ceil(bytes / 16_384)),
    // A frame may come in byte by byte, but each piece costs some hundred bytes to keep.
    maxBufferedChunks: 32_768,
    // How long a peer that broke a rule has to take note of the code before it is cut off.
    closeTimeout: 1000,
    // A few compressed KiB can unfold to a thousand times as much.
    perMessageDeflate: false,
    // Text is refused anyway.
    skipUTF8Validation: true,
  };
}
