import { PatternEntry } from '../entry.ts';
import type { PatternSource } from '../source.ts';
import { refusal } from '../source.ts';
import { asUnits } from './characters.ts';
import type { Found } from './pattern-set.ts';
import { PatternSet } from './pattern-set.ts';
import { Shard } from './shard.ts';
import type { Translation } from './translate.ts';
import { translate } from './translate.ts';

const maxAnchored = 250;
/** Patterns that may begin anywhere need states that grow with the square of their number. */
const maxFloating = 64;

/** A pattern that the linear engine runs. */
export class LinearEntry extends PatternEntry {
  readonly #translation: Translation;
  readonly #alone: PatternSet<LinearEntry>;

  /** @throws BUS_PATTERN_INVALID if the engine cannot run the pattern */
  constructor(pattern: PatternSource) {
    super(pattern);
    this.#translation = translate(pattern);
    try {
      this.#alone = new PatternSet<LinearEntry>([this]);
    } catch (error) {
      throw refusal(pattern, error instanceof Error ? error.message : String(error));
    }
  }

  get text(): string {
    return this.#translation.text;
  }

  /** The share of a peer's quota. Literal text at the beginning is free, because it is read only once. */
  get size(): number {
    return this.#translation.size - this.prefix.length;
  }

  get floating(): boolean {
    return this.#translation.floating;
  }

  get unicode(): boolean {
    return this.#translation.unicode;
  }

  override test(topic: string): boolean {
    return this.testWritten(this.unicode ? topic : asUnits(topic));
  }

  testWritten(topic: string): boolean {
    const found: LinearEntry[] = [];
    this.#alone.match(topic, found);
    return found.length > 0;
  }
}

/** Divides patterns that read characters in the same way by their first segment, if it is literal. */
class Shards {
  readonly #bySegment = new Map<string, Shard<LinearEntry>>();
  readonly #anchored = new Shard<LinearEntry>(maxAnchored);
  readonly #floating = new Shard<LinearEntry>(maxFloating);

  add(entry: LinearEntry): void {
    const segment = literalSegment(entry);
    const shard = this.#shardOf(entry, segment) ?? new Shard(maxAnchored);
    shard.add(entry);
    if (segment !== undefined) this.#bySegment.set(segment, shard);
  }

  remove(entry: LinearEntry): void {
    const segment = literalSegment(entry);
    const shard = this.#shardOf(entry, segment);
    shard?.remove(entry);
    if (segment !== undefined && shard?.empty) this.#bySegment.delete(segment);
  }

  match(topic: string, found: Found<LinearEntry>): void {
    const dot = topic.indexOf('.');
    if (dot >= 0) this.#bySegment.get(topic.slice(0, dot))?.match(topic, found);
    this.#anchored.match(topic, found);
    this.#floating.match(topic, found);
  }

  #shardOf(entry: LinearEntry, segment: string | undefined): Shard<LinearEntry> | undefined {
    if (segment !== undefined) return this.#bySegment.get(segment);
    return entry.floating ? this.#floating : this.#anchored;
  }
}

/** All patterns of the linear engine. */
export class LinearPatterns {
  readonly #entries = new Map<string, LinearEntry>();
  readonly #characters = new Shards();
  readonly #units = new Shards();

  get size(): number {
    return this.#entries.size;
  }

  find(key: string): LinearEntry | undefined {
    return this.#entries.get(key);
  }

  add(entry: LinearEntry): void {
    this.#entries.set(entry.key, entry);
    (entry.unicode ? this.#characters : this.#units).add(entry);
  }

  remove(entry: LinearEntry): void {
    this.#entries.delete(entry.key);
    (entry.unicode ? this.#characters : this.#units).remove(entry);
  }

  match(topic: string, found: Found<LinearEntry>): void {
    if (this.#entries.size === 0) return;
    this.#characters.match(topic, found);
    this.#units.match(asUnits(topic), found);
  }
}

/** The literal first segment of all topics that a pattern matches, if there is one. */
function literalSegment({ prefix, unicode }: LinearEntry): string | undefined {
  const dot = prefix.indexOf('.');
  if (dot < 0) return undefined;
  const segment = prefix.slice(0, dot);
  return unicode ? segment : asUnits(segment);
}
