import { hole } from './beginnings.ts';
import type { Segment } from './segment.ts';
import { ComplexSegment } from './segment.ts';
import type { Several } from './several.ts';
import { withItem, withoutItem } from './several.ts';

interface Child {
  readonly segment: Segment;
}

/** Up to this number, children are tried one by one. */
const few = 8;

/** The children of a node whose segments contain marks. */
export class ComplexChildren<N extends Child> {
  /** Holds the children until an index replaces it. */
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

  /** Writes the children whose segment matches to `found`, starting at `count`. Returns the new count. */
  find(text: string, found: N[], count: number): number {
    if (this.#index !== undefined) return this.#index.find(text, found, count);
    let end = count;
    for (const child of this.#list) if (matches(child, text)) found[end++] = child;
    return end;
  }
}

/** Children found by beginnings of one length, with holes in the same places. */
interface Shape<N extends Child> {
  /** Such as `--?-`. */
  readonly shape: string;
  readonly children: Map<string, Several<N>>;
}

/** Finds children by the beginnings of their segments, with one look-up per shape of beginning. */
class BeginningsIndex<N extends Child> {
  readonly #byWritten = new Map<string, N>();
  readonly #shapes: Shape<N>[] = [];

  get empty(): boolean {
    return this.#byWritten.size === 0;
  }

  get({ written }: ComplexSegment): N | undefined {
    return this.#byWritten.get(written);
  }

  add(segment: ComplexSegment, child: N): void {
    this.#byWritten.set(segment.written, child);
    for (const beginning of segment.beginnings) {
      const shape = shapeOf(beginning);
      let entry = this.#shapes.find((each) => each.shape === shape);
      if (entry === undefined) {
        entry = { shape, children: new Map() };
        this.#shapes.push(entry);
      }
      entry.children.set(beginning, withItem(entry.children.get(beginning), child));
    }
  }

  remove({ written }: ComplexSegment): void {
    const child = this.#byWritten.get(written);
    if (!(child?.segment instanceof ComplexSegment)) return;
    this.#byWritten.delete(written);
    for (const beginning of child.segment.beginnings) {
      const shape = shapeOf(beginning);
      const at = this.#shapes.findIndex((each) => each.shape === shape);
      const children = this.#shapes[at]?.children;
      const left = withoutItem(children?.get(beginning), child);
      if (left !== undefined) children?.set(beginning, left);
      else children?.delete(beginning);
      if (children?.size === 0) this.#shapes.splice(at, 1);
    }
  }

  find(text: string, found: N[], count: number): number {
    let end = count;
    for (const { shape, children } of this.#shapes) {
      if (shape.length > text.length) continue;
      const candidates = children.get(withHoles(text, shape));
      if (candidates === undefined) continue;
      for (const child of candidates instanceof Set ? candidates : [candidates]) {
        if (matchesAsBegun(child, text)) found[end++] = child;
      }
    }
    return end;
  }
}

function shapeOf(beginning: string): string {
  return beginning.replace(/[^?]/g, '-');
}

/** Cuts a text to the length of a shape and puts in its holes. */
function withHoles(text: string, shape: string): string {
  let at = shape.indexOf(hole);
  if (at < 0) return text.slice(0, shape.length);
  let written = '';
  let from = 0;
  for (; at >= 0; at = shape.indexOf(hole, from)) {
    written += text.slice(from, at) + hole;
    from = at + 1;
  }
  return written + text.slice(from, shape.length);
}

function isWritten({ segment }: Child, written: string): boolean {
  return segment instanceof ComplexSegment && segment.written === written;
}

/** Whether the segment of a child matches a text that begins like it. */
function matchesAsBegun({ segment }: Child, text: string): boolean {
  return (
    segment instanceof ComplexSegment && (segment.rest === 'anything' || segment.matches(text))
  );
}

function matches({ segment }: Child, text: string): boolean {
  return segment instanceof ComplexSegment && segment.matches(text);
}
