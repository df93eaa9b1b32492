import { builtInOf } from './codec/built-in.ts';

/** How much is told of what a handler threw, beside its message: characters, values and levels. */
const mostCharacters = 16_384;
const mostValues = 512;
const deepest = 8;
/** The longest text of one error's message. */
const longestMessage = 4_096;

/**
 * What is told to a peer of something that was thrown, or of its details: a copy that every link takes.
 * What is too long is cut, what is too much is left out, and so is what is no data.
 */
export function clipped(value: unknown): unknown {
  return new Clipping().value(value, deepest);
}

export function clippedText(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage)}…`;
}

/** Reads one property of a thrown value, which may be anything, also hostile. */
export function partOf(thrown: unknown, part: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    return (thrown as Record<string, unknown>)[part];
  } catch {
    return undefined;
  }
}

class Clipping {
  #characters = mostCharacters;
  #values = mostValues;

  value(value: unknown, levels: number): unknown {
    if (this.#values-- <= 0) return undefined;
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'bigint':
        return this.#text(String(value)) === String(value) ? value : undefined;
      case 'object':
        return value === null || levels === 0 ? null : this.#object(value, levels - 1);
      case 'function':
      case 'symbol':
        return undefined;
      default:
        return value;
    }
  }

  #text(text: string): string {
    const kept = text.slice(0, this.#characters);
    this.#characters -= kept.length;
    return kept.length === text.length ? text : `${kept}…`;
  }

  #object(value: object, levels: number): unknown {
    try {
      if (isError(value)) return this.#error(value, levels);
      if (Array.isArray(value)) return this.#items(value, levels);
      if (ArrayBuffer.isView(value)) return this.#view(value);
      switch (builtInOf(value)) {
        case 'Date':
          return new Date(Date.prototype.getTime.call(value));
        case 'Map':
          return new Map(this.#items([...(value as Map<unknown, unknown>)], levels) as []);
        case 'Set':
          return new Set(this.#items([...(value as Set<unknown>)], levels));
      }
      const toJSON = partOf(value, 'toJSON');
      return typeof toJSON === 'function'
        ? this.value(toJSON.call(value), levels)
        : this.#fields(value, levels);
    } catch {
      return undefined;
    }
  }

  #view(view: ArrayBufferView): ArrayBufferView | undefined {
    if (builtInOf(view) === undefined || view.byteLength > this.#characters) return undefined;
    this.#characters -= view.byteLength;
    return view;
  }

  #items(items: readonly unknown[], levels: number): unknown[] {
    const kept: unknown[] = [];
    for (const item of items) {
      if (this.#values <= 0 || this.#characters <= 0) break;
      kept.push(this.value(item, levels));
    }
    return kept;
  }

  #fields(value: object, levels: number): object {
    const kept: Record<string, unknown> = Object.create(null);
    for (const key of Object.keys(value)) {
      if (this.#values <= 0 || this.#characters < key.length) break;
      this.#characters -= key.length;
      const field = this.value(partOf(value, key), levels);
      if (field !== undefined) kept[key] = field;
    }
    return { ...kept };
  }

  /** Its name, message, code and cause, as an error. */
  #error(thrown: object, levels: number): Error {
    const part = (name: string): unknown => this.value(partOf(thrown, name), levels);
    const [name, code, message, cause] = [
      part('name'),
      part('code'),
      part('message'),
      part('cause'),
    ];
    const error = new Error(
      typeof message === 'string' ? message : '',
      cause === undefined ? undefined : { cause },
    );
    if (typeof name === 'string' && name !== 'Error') Object.assign(error, { name });
    return code === undefined ? error : Object.assign(error, { code });
  }
}

/** Also one of another realm, and one of the platform such as a DOMException. */
export function isError(value: unknown): value is Error {
  return (
    value instanceof Error ||
    /^\[object (Error|DOMException)\]$/.test(String(Object.prototype.toString.call(value)))
  );
}
