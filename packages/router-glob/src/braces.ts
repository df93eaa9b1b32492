import { limits, refusal } from './refusal.ts';

/** Expands the braces of one pattern, from left to right. */
class BraceReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  expandAll(): string[] {
    const expanded = this.#readBranch(false);
    if (this.#at < this.#text.length) throw this.#refuse("has a '}' that closes nothing");
    return expanded;
  }

  #refuse(reason: string): Error {
    return refusal(this.#text, reason);
  }

  #readBranch(inside: boolean): string[] {
    let branch = [''];
    let from = this.#at;
    const take = () => {
      const read = this.#text.slice(from, this.#at);
      if (read !== '') branch = branch.map((start) => start + read);
    };
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === '}' || (inside && char === ',')) break;
      if (char === '{') {
        take();
        branch = this.#multiply(branch, this.#readChoice());
        from = this.#at;
      } else {
        this.#at += char === '\\' ? 2 : 1;
      }
    }
    take();
    return branch;
  }

  #readChoice(): string[] {
    const start = this.#at;
    let choices: string[] = [];
    let branches = 0;
    let end: string | undefined;
    do {
      this.#at++;
      choices = choices.concat(this.#readBranch(true));
      branches++;
      end = this.#text[this.#at];
    } while (end === ',');
    if (end !== '}') throw this.#refuse("has a '{' that is not closed");
    this.#at++;
    if (branches === 1) throw this.#refuse(singleBranch(this.#text.slice(start, this.#at)));
    return choices;
  }

  #multiply(starts: readonly string[], ends: readonly string[]): string[] {
    if (starts.length * ends.length > limits.alternatives) {
      throw this.#refuse(
        `stands for more than ${limits.alternatives} patterns: write several shorter ones`,
      );
    }
    return starts.flatMap((start) => ends.map((end) => start + end));
  }
}

function singleBranch(written: string): string {
  return written.includes('..')
    ? `has the range '${written}': list the values, as in '{1,2,3}'`
    : `has one choice in '${written}': write it without braces, or '\\{' for a brace`;
}

/** Returns the patterns without braces that `pattern` stands for. Escapes stay as they are. */
export function expandBraces(pattern: string): string[] {
  if (!/[{}]/.test(pattern)) return [pattern];
  return [...new Set(new BraceReader(pattern).expandAll())];
}
