import type { Kind } from './kinds.ts';
import type { Names } from './names.ts';
import { Refusal } from './refusal.ts';
import { renamed, standsForName } from './stand-in.ts';

const reserved = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval
  export extends false finally for function if implements import in instanceof interface let new
  null package private protected public return static super switch this throw true try typeof var
  void while with yield`.split(/\s+/),
);

/** Members of a bus: of the kernel, and of the plugins that come with it. */
const taken = new Set(
  `id state use start stop handle notify endpoints inspect explain
  publish publisher subscribe request requestMany health deadLetters metrics`.split(/\s+/),
);

const notCode = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:[^'\\\n]|\\.)*'/g;
const identifier = /[A-Za-z_$][\w$]*/g;

/**
 * Refuses a name where the code made with it would not compile: it says a reserved word, a member
 * that the bus has already, or the same as another identifier of the template.
 * @param sources - the code of the template.
 * @throws Refusal
 */
export function checkIdentifiers(kind: Kind, names: Names, sources: readonly string[]): void {
  const found = new Set(
    sources.flatMap((source) => source.replace(notCode, ' ').match(identifier) ?? []),
  );
  for (const word of found) {
    if (!standsForName(word)) continue;
    const made = renamed(word, names);
    const why = reserved.has(made)
      ? 'a reserved word'
      : kind === 'plugin' && taken.has(made)
        ? 'a member that the bus has already'
        : found.has(made) && !standsForName(made)
          ? 'used in the code that is written'
          : undefined;
    if (why === undefined) continue;
    const other = names.package.replace(names.kebab, `my-${names.kebab}`);
    throw new Refusal(
      `'${names.package}' would be '${made}' in code, which is ${why}: choose another name, such as '${other}'`,
    );
  }
}
