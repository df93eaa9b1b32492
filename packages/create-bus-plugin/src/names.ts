import type { Kind } from './kinds.ts';
import { kindNames } from './kinds.ts';
import { Refusal } from './refusal.ts';

/** One name, in the forms that code and package registries write it. */
export interface Names {
  /** As published: `@me/bus-plugin-rate-limit`. */
  readonly package: string;
  /** What the package is about, without scope and kind: `rate-limit`. */
  readonly kebab: string;
  /** `rateLimit` */
  readonly camel: string;
  /** `RateLimit` */
  readonly pascal: string;
}

const longest = 214;
const shape = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/;

/**
 * Reads the name of a package. What is left of it without scope, `bus` and the kind has to make an
 * identifier.
 * @throws Refusal
 */
export function namesOf(name: string, kind: Kind): Names {
  const fault = faultOf(name);
  if (fault !== undefined) throw new Refusal(`'${name}' is no name for a package: ${fault}`);
  const words = wordsOf(unscoped(name), kind);
  const [first] = words;
  const example = `bus-${kind}-rate-limit`;
  if (first === undefined) {
    throw new Refusal(`'${name}' does not say what the package is about: add it, as '${example}'`);
  }
  if (!/^[a-z]/.test(first)) {
    throw new Refusal(
      `'${name}' makes no identifier, since '${first}' begins with a digit: put a word before it`,
    );
  }
  const pascal = words.map(capitalized).join('');
  return {
    package: name,
    kebab: words.join('-'),
    camel: first + pascal.slice(first.length),
    pascal,
  };
}

/** The name without its scope. */
export function unscoped(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** A name that a folder suggests, where it suggests one. */
export function suggestedName(folder: string): string | undefined {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  return name === '' ? undefined : name;
}

function faultOf(name: string): string | undefined {
  if (name.length > longest) return `it has more than ${longest} characters`;
  if (name !== name.toLowerCase()) return 'it has capital letters: write it in small ones';
  if (!shape.test(name)) {
    return "write letters, digits, '-', '_' and '.', beginning with a letter or digit, after a scope if any";
  }
  if (name === 'node_modules' || name === 'favicon.ico') return 'the registry takes no such name';
  return undefined;
}

function wordsOf(name: string, kind: Kind): readonly string[] {
  const words = name.split(/[._-]+/).filter((word) => word !== '');
  if (words[0] === 'bus') words.shift();
  if (words[0] !== undefined && kindNames.includes(words[0])) words.shift();
  else if (words.at(-1) === kind) words.pop();
  return words;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
