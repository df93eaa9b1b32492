import type { CharClass } from './char-class.ts';
import { classHolds } from './char-class.ts';
import type { Piece } from './segment-syntax.ts';

/** Decides on one segment of a topic. */
export interface SegmentMatcher {
  /** The literal text every matching segment begins with. */
  readonly prefix: string;
  test(segment: string): boolean;
}

/** Code units are 0 to 65535; these stand beside them. Classes count down from `firstClass`. */
const any = -1;
const star = -2;
const firstClass = -3;

/**
 * Matches a segment of characters, `*`, `?` and classes. As each of the others reads one character,
 * only the last `*` ever has to be tried again: the cost is at most pattern times text.
 */
export class WildcardMatcher implements SegmentMatcher {
  readonly prefix: string;
  readonly #steps: Int32Array;
  readonly #classes: CharClass[] = [];
  readonly #nocase: boolean;

  constructor(pieces: readonly Piece[], prefix: string, nocase: boolean) {
    this.prefix = prefix;
    this.#nocase = nocase;
    this.#steps = Int32Array.from(pieces, (piece) => {
      if (piece.type === 'char') return piece.char.charCodeAt(0);
      if (piece.type !== 'class') return piece.type === 'star' ? star : any;
      return firstClass - (this.#classes.push(piece.charClass) - 1);
    });
  }

  test(segment: string): boolean {
    const steps = this.#steps;
    let step = 0;
    let at = 0;
    let retryStep = -1;
    let retryAt = 0;
    while (at < segment.length) {
      const wanted = steps[step];
      if (wanted === star) {
        step++;
        retryStep = step;
        retryAt = at;
      } else if (wanted !== undefined && this.#reads(wanted, segment.charCodeAt(at))) {
        step++;
        at++;
      } else {
        if (retryStep < 0) return false;
        retryAt++;
        at = retryAt;
        step = retryStep;
      }
    }
    while (steps[step] === star) step++;
    return step === steps.length;
  }

  #reads(wanted: number, code: number): boolean {
    if (wanted >= 0) return wanted === code;
    if (wanted === any) return true;
    const charClass = this.#classes[firstClass - wanted];
    return charClass !== undefined && classHolds(charClass, code, this.#nocase);
  }
}
