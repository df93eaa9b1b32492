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
/** The states of patterns that may begin anywhere grow with the square of their number. */
const maxFloating = 64;

/** A pattern run by the linear engine. */
export class LinearEntry extends PatternEntry {
  readonly #translation: Translation;
  readonly #alone: PatternSet<LinearEntry>;

  /** @throws BUS_PATTERN_INVALID where the engine cannot take it. */
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

  /** What it counts of a peer's quota: text it begins with costs a step in all, not a step each. */
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

/** Shards of patterns that count characters alike, by the first segment where it is literal. */
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

/** The patterns of the linear engine. */
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

/** The first segment of every topic it matches, where the pattern says which. */
function literalSegment({ prefix, unicode }: LinearEntry): string | undefined {
  const dot = prefix.indexOf('.');
  if (dot < 0) return undefined;
  const segment = prefix.slice(0, dot);
  return unicode ? segment : asUnits(segment);
}
