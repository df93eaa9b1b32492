import { ComplexChildren } from './complex-children.ts';
import type { Segment } from './glob-pattern.ts';
import type { Leaf } from './leaf.ts';

/** One place in the tree of patterns: all of them that begin with the same segments. */
export class TrieNode<T extends object> {
  /** The text of the segment that leads here; empty at the root. */
  readonly text: string;
  /** Whether that segment is `**`: then the node stays live to the end of the topic. */
  readonly many: boolean;
  /** Where patterns end. */
  leaf: Leaf<T> = undefined;
  /** Mostly one child, so that few nodes need a map. */
  #literals: TrieNode<T> | Map<string, TrieNode<T>> | undefined = undefined;
  #one: TrieNode<T> | undefined = undefined;
  #many: TrieNode<T> | undefined = undefined;
  #complex: ComplexChildren<TrieNode<T>> | undefined = undefined;
  /** The match this node was last reached in; used where `many` is set. */
  reached = 0;

  constructor(text: string, many: boolean) {
    this.text = text;
    this.many = many;
  }

  /** The child for exactly this text. */
  literal(text: string): TrieNode<T> | undefined {
    const literals = this.#literals;
    if (literals === undefined) return undefined;
    if (literals instanceof Map) return literals.get(text);
    return literals.text === text ? literals : undefined;
  }

  get one(): TrieNode<T> | undefined {
    return this.#one;
  }

  get manyChild(): TrieNode<T> | undefined {
    return this.#many;
  }

  get complex(): ComplexChildren<TrieNode<T>> | undefined {
    return this.#complex;
  }

  /** Whether a further segment may lead on from here. */
  get leadsOn(): boolean {
    return this.#literals !== undefined || this.#one !== undefined || this.#complex !== undefined;
  }

  get empty(): boolean {
    return this.leaf === undefined && this.#many === undefined && !this.leadsOn;
  }

  child(segment: Segment): TrieNode<T> | undefined {
    switch (segment.kind) {
      case 'literal':
        return this.literal(segment.text);
      case 'one':
        return this.#one;
      case 'many':
        return this.#many;
      case 'complex':
        return this.#complex?.get(segment);
    }
  }

  addChild(segment: Segment): TrieNode<T> {
    const child = new TrieNode<T>(segment.text, segment.kind === 'many');
    switch (segment.kind) {
      case 'literal':
        this.#addLiteral(child);
        break;
      case 'one':
        this.#one = child;
        break;
      case 'many':
        this.#many = child;
        break;
      case 'complex':
        this.#complex ??= new ComplexChildren();
        this.#complex.set(segment, child);
    }
    return child;
  }

  removeChild(segment: Segment): void {
    switch (segment.kind) {
      case 'literal':
        this.#removeLiteral(segment.text);
        break;
      case 'one':
        this.#one = undefined;
        break;
      case 'many':
        this.#many = undefined;
        break;
      case 'complex':
        this.#complex?.delete(segment);
        if (this.#complex?.empty) this.#complex = undefined;
    }
  }

  #addLiteral(child: TrieNode<T>): void {
    const literals = this.#literals;
    if (literals === undefined) this.#literals = child;
    else if (literals instanceof Map) literals.set(child.text, child);
    else {
      this.#literals = new Map([
        [literals.text, literals],
        [child.text, child],
      ]);
    }
  }

  #removeLiteral(text: string): void {
    const literals = this.#literals;
    if (!(literals instanceof Map)) {
      this.#literals = undefined;
      return;
    }
    literals.delete(text);
    if (literals.size === 1) [this.#literals] = literals.values();
  }
}
