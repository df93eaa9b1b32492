import type { Segment } from './segment.ts';
import { ComplexSegment } from './segment.ts';
import type { Several } from './several.ts';
import { withItem, withoutItem } from './several.ts';

interface Child {
  readonly segment: Segment;
}

/** So many are tried one by one; more are looked up by how they begin. */
const few = 8;

/** The children of a node whose segment has marks in it. */
export class ComplexChildren<N extends Child> {
  /** All of them, while they are few. */
  #list: readonly N[] = [];
  #index: BeginningsIndex<N> | undefined = undefined;

  get empty(): boolean {
    return this.#index === undefined ? this.#list.length === 0 : this.#index.empty;
  }

  get(segment: ComplexSegment): N | undefined {
    if (this.#index !== undefined) return this.#index.get(segment);
    return this.#list.find((child) => isWritten(child, segment.written));
  }

  add(segment: ComplexSegment, child: N): void {
    if (this.#index !== undefined) {
      this.#index.add(segment, child);
      return;
    }
    this.#list = [...this.#list, child];
    if (this.#list.length <= few) return;
    this.#index = new BeginningsIndex();
    for (const each of this.#list) {
      if (each.segment instanceof ComplexSegment) this.#index.add(each.segment, each);
    }
    this.#list = [];
  }

  remove(segment: ComplexSegment): void {
    if (this.#index !== undefined) this.#index.remove(segment);
    else this.#list = this.#list.filter((child) => !isWritten(child, segment.written));
  }

  /** Writes the children whose segment matches into `found` from `count` on; returns the new count. */
  find(text: string, found: N[], count: number): number {
    if (this.#index !== undefined) return this.#index.find(text, found, count);
    let end = count;
    for (const child of this.#list) if (matches(child, text)) found[end++] = child;
    return end;
  }
}

/** Stands for the length of a beginning that is the whole text. */
const whole = -1;

interface ByBeginning<N extends Child> {
  readonly length: number;
  readonly children: Map<string, Several<N>>;
}

class BeginningsIndex<N extends Child> {
  readonly #byWritten = new Map<string, N>();
  /** One for each length that a beginning has. */
  readonly #groups: ByBeginning<N>[] = [];

  get empty(): boolean {
    return this.#byWritten.size === 0;
  }

  get({ written }: ComplexSegment): N | undefined {
    return this.#byWritten.get(written);
  }

  add(segment: ComplexSegment, child: N): void {
    this.#byWritten.set(segment.written, child);
    for (const beginning of segment.beginnings) {
      const length = segment.rest === 'nothing' ? whole : beginning.length;
      let group = this.#groups.find((each) => each.length === length);
      if (group === undefined) {
        group = { length, children: new Map() };
        this.#groups.push(group);
      }
      group.children.set(beginning, withItem(group.children.get(beginning), child));
    }
  }

  remove({ written }: ComplexSegment): void {
    const child = this.#byWritten.get(written);
    if (!(child?.segment instanceof ComplexSegment)) return;
    this.#byWritten.delete(written);
    const { beginnings, rest } = child.segment;
    for (const beginning of beginnings) {
      const length = rest === 'nothing' ? whole : beginning.length;
      const at = this.#groups.findIndex((each) => each.length === length);
      const children = this.#groups[at]?.children;
      const left = withoutItem(children?.get(beginning), child);
      if (left !== undefined) children?.set(beginning, left);
      else children?.delete(beginning);
      if (children?.size === 0) this.#groups.splice(at, 1);
    }
  }

  find(text: string, found: N[], count: number): number {
    let end = count;
    for (const { length, children } of this.#groups) {
      if (length > text.length) continue;
      const candidates = children.get(length === whole ? text : text.slice(0, length));
      if (candidates === undefined) continue;
      for (const child of candidates instanceof Set ? candidates : [candidates]) {
        if (length === whole || matches(child, text)) found[end++] = child;
      }
    }
    return end;
  }
}

function isWritten({ segment }: Child, written: string): boolean {
  return segment instanceof ComplexSegment && segment.written === written;
}

function matches({ segment }: Child, text: string): boolean {
  return segment instanceof ComplexSegment && segment.matches(text);
}
