import type { PatternSource } from './source.ts';
import { refusal } from './source.ts';

/** The largest number of patterns per peer. */
const maxPatterns = 256;
/**
 * The largest number of steps per character of a topic, for all patterns of one peer together. The
 * worst patterns within this limit took about 50 ms for 512 characters on a slow core.
 */
const maxSize = 4_096;

interface Used {
  patterns: number;
  size: number;
}

/** Counts what the patterns of each peer cost. */
export class PeerQuota {
  readonly #peers = new Map<string, Used>();

  /** @throws BUS_PATTERN_INVALID if the peer would exceed its quota */
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
