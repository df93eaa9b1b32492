import { ComplexChildren } from './complex-children.ts';
import type { Segment } from './segment.ts';
import { many, one } from './segment.ts';
import type { Several } from './several.ts';

/** A node of the trie. It stands for all patterns that begin with the same segments. */
export class TrieNode<T extends object> {
  /** The segment that leads here from the parent. */
  readonly segment: Segment;
  /** The values of the patterns that end here. */
  values: Several<T> = undefined;
  /** One child for literal text. Most nodes have no other and so need no map. */
  text: TrieNode<T> | undefined = undefined;
  /** The other children for literal text. */
  texts: Map<string, TrieNode<T>> | undefined = undefined;
  one: TrieNode<T> | undefined = undefined;
  many: TrieNode<T> | undefined = undefined;
  complex: ComplexChildren<TrieNode<T>> | undefined = undefined;
  /** The last match that reached this node. Only nodes for `**` record it. */
  reached = 0;

  constructor(segment: Segment) {
    this.segment = segment;
  }

  /** Whether another segment of a topic can lead to a child. */
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
