import { Refusal } from './refusal.ts';
import { scope } from './scope.ts';

/** What a package adds to a bus: it decides which template is written. */
export type Kind = 'plugin' | 'transport' | 'router';

/** What differs between the kinds, beside their templates. */
export interface KindTraits {
  /** Says what it is; shown in the help and in the question. */
  readonly what: string;
  /** The `description` of the written package. */
  readonly description: string;
  /** What it is built on; a program that uses it has one of each. */
  readonly peers: readonly string[];
}

/** The traits of each kind. */
export const kinds: Readonly<Record<Kind, KindTraits>> = {
  plugin: {
    what: 'adds a typed member to the bus',
    description: `a plugin for ${scope}`,
    peers: [`${scope}/core`],
  },
  transport: {
    what: 'carries bytes between buses',
    description: `a transport for ${scope}`,
    peers: [`${scope}/core`, `${scope}/wire`],
  },
  router: {
    what: 'reads patterns of topics',
    description: `a router for ${scope}`,
    peers: [`${scope}/core`],
  },
};

/** The names of the kinds, in the order in which they are offered. */
export const kindNames: readonly string[] = Object.keys(kinds);

/**
 * Reads the name of a kind.
 * @throws Refusal
 */
export function kindOf(text: string): Kind {
  if (isKind(text)) return text;
  throw new Refusal(`there is no kind '${text}': choose ${kindNames.join(', ')}`);
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text);
}
