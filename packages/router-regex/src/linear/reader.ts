/** Reads a pattern by UTF-16 units, or with flag `u` by whole characters. */
export class Reader {
  readonly #source: string;
  readonly #unicode: boolean;
  #at = 0;

  constructor(source: string, unicode: boolean) {
    this.#source = source;
    this.#unicode = unicode;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  /** The next character, or '' at the end. */
  get next(): string {
    return this.#source.charAt(this.#at);
  }

  /** Whether `pattern`, which has the flag `y`, matches here. */
  sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#source);
  }

  /** Consumes `text` if it comes next. */
  eat(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Consumes the match of `pattern`, which has the flag `y`, and returns its first group. */
  eatMatch(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[1] ?? match[0];
  }

  /** Consumes one character. */
  take(): number {
    const code = this.#unicode
      ? (this.#source.codePointAt(this.#at) ?? 0)
      : this.#source.charCodeAt(this.#at);
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }
}
