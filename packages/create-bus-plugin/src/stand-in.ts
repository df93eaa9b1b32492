import type { Names } from './names.ts';

/**
 * The word that stands for the name in templates, so that they are code that compiles as it is; and
 * scopes, whatever they are called, so that they are left alone.
 */
const standIn = /@[\w.-]+\/|bus-(?:plugin|transport|router)-acme|-acme|Acme|acme/g;

/** Whether a word of a template stands for the name. */
export function standsForName(word: string): boolean {
  return /acme/i.test(word);
}

/** The text of a template with the name in place of the word that stands for it. */
export function renamed(text: string, names: Names): string {
  const written = (found: string): string => {
    switch (found) {
      case '-acme':
        return `-${names.kebab}`;
      case 'Acme':
        return names.pascal;
      case 'acme':
        return names.camel;
      default:
        return found.startsWith('@') ? found : names.package;
    }
  };
  return text.replace(standIn, written);
}
