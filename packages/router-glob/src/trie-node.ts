import { ComplexChildren } from './complex-children.ts';
import type { Segment } from './segment.ts';
import { many, one } from './segment.ts';
import type { Several } from './several.ts';

/** One place in the tree of patterns: all of them that begin with the same segments. */
export class TrieNode<T extends object> {
  /** What leads here. */
  readonly segment: Segment;
  /** What ends here. */
  values: Several<T> = undefined;
  /** A child of literal text. Mostly it is the only one, so that few nodes need a map. */
  text: TrieNode<T> | undefined = undefined;
  /** Its siblings. */
  texts: Map<string, TrieNode<T>> | undefined = undefined;
  one: TrieNode<T> | undefined = undefined;
  many: TrieNode<T> | undefined = undefined;
  complex: ComplexChildren<TrieNode<T>> | undefined = undefined;
  /** The match in which this node was last reached; kept where the segment is `**`. */
  reached = 0;

  constructor(segment: Segment) {
    this.segment = segment;
  }

  /** Whether a further segment of a topic may lead on from here. */
  get leadsOn(): boolean {
    return (
      this.text !== undefined ||
      this.texts !== undefined ||
      this.one !== undefined ||
      this.complex !== undefined
    );
  }

  get empty(): boolean {
    return this.values === undefined && this.many === undefined && !this.leadsOn;
  }

  child(segment: Segment): TrieNode<T> | undefined {
    if (typeof segment === 'string') {
      return this.text?.segment === segment ? this.text : this.texts?.get(segment);
    }
    if (segment === one) return this.one;
    if (segment === many) return this.many;
    return this.complex?.get(segment);
  }

  addChild(segment: Segment): TrieNode<T> {
    const child = new TrieNode<T>(segment);
    if (typeof segment === 'string') {
      if (this.text === undefined) this.text = child;
      else {
        this.texts ??= new Map();
        this.texts.set(segment, child);
      }
    } else if (segment === one) this.one = child;
    else if (segment === many) this.many = child;
    else {
      this.complex ??= new ComplexChildren();
      this.complex.add(segment, child);
    }
    return child;
  }

  removeChild(segment: Segment): void {
    if (typeof segment === 'string') {
      if (this.text?.segment === segment) this.text = undefined;
      else if (this.texts?.delete(segment) && this.texts.size === 0) this.texts = undefined;
    } else if (segment === one) this.one = undefined;
    else if (segment === many) this.many = undefined;
    else {
      this.complex?.remove(segment);
      if (this.complex?.empty) this.complex = undefined;
    }
  }
}
