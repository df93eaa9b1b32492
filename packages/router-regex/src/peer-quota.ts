import type { PatternSource } from './source.ts';
import { refusal } from './source.ts';

/** Patterns one peer may have. */
const maxPatterns = 256;
/**
 * Steps a character of a topic may cost for all patterns of one peer: the worst that fit took about
 * 50 ms on a topic of 512 characters, measured on a slow core.
 */
const maxSize = 4_096;

interface Used {
  patterns: number;
  size: number;
}

/** What each peer's patterns take of what one peer may take. */
export class PeerQuota {
  readonly #peers = new Map<string, Used>();

  /** @throws BUS_PATTERN_INVALID where it is more than the peer may have. */
  take(peer: string, size: number, pattern: PatternSource): void {
    const used = this.#peers.get(peer) ?? { patterns: 0, size: 0 };
    if (used.patterns >= maxPatterns) {
      throw refusal(pattern, `is one more than the ${maxPatterns} peer '${peer}' may have`);
    }
    if (used.size + size > maxSize) {
      throw refusal(
        pattern,
        `makes the patterns of peer '${peer}' cost more than ${maxSize} steps a character`,
      );
    }
    used.patterns++;
    used.size += size;
    this.#peers.set(peer, used);
  }

  give(peer: string, size: number): void {
    const used = this.#peers.get(peer);
    if (used === undefined) return;
    used.patterns--;
    used.size -= size;
    if (used.patterns === 0) this.#peers.delete(peer);
  }
}
