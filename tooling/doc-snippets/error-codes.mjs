import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from './files.mjs';

/** `interface …ErrorCodes { … }`: where a package declares its codes and their details. */
const table = /^(?:export )?interface\s+\w*ErrorCodes\s*\{([\s\S]*?)\n\}/gm;
const entry = /\b([A-Z]+(?:_[A-Z]+)+):\s*\{([^}]*)\}/g;

/**
 * What is wrong with the error codes: every code is declared, documented with its details, and
 * named in a test; sources and errors.md know no other.
 * @param {string} root
 * @returns {string[]}
 */
export function errorCodeFaults(root) {
  const packages = readdirSync(join(root, 'packages'));
  const read = (part) =>
    packages.flatMap((name) =>
      filesUnder(root, `packages/${name}/${part}`, '.ts').map((file) => ({
        file,
        text: readFileSync(join(root, file), 'utf8'),
      })),
    );
  const sources = read('src');
  const declared = declaredIn(sources);
  const sections = sectionsOf(readFileSync(join(root, 'docs/errors.md'), 'utf8'));
  return [
    ...unknownIn(sources, declared),
    ...[...sections.keys()]
      .filter((code) => !declared.has(code))
      .map((code) => `docs/errors.md has a section for ${code}, which no table declares`),
    ...undocumented(declared, sections),
    ...untested(declared, read('test')),
  ];
}

function declaredIn(sources) {
  const declared = new Map();
  for (const { file, text } of sources) {
    for (const [, body] of text.matchAll(table)) {
      for (const [, code, details] of body.matchAll(entry)) {
        const fields = [...details.matchAll(/(\w+)\??:/g)].map((match) => match[1]);
        declared.set(code, { file, fields });
      }
    }
  }
  return declared;
}

/** Codes in strings and comments that no table has: misspelt, mostly. */
function unknownIn(sources, declared) {
  const prefixes = [...new Set([...declared.keys()].map((code) => code.split('_')[0]))];
  const mention = new RegExp(`\\b(?:${prefixes.join('|')})_[A-Z_]+\\b`, 'g');
  return sources.flatMap(({ file, text }) =>
    [...new Set(text.match(mention) ?? [])]
      .filter((code) => !declared.has(code))
      .map((code) => `${file} has ${code}, which no table declares`),
  );
}

function undocumented(declared, sections) {
  return [...declared].flatMap(([code, { file, fields }]) => {
    const section = sections.get(code);
    if (section === undefined) return [`docs/errors.md has no section for ${code} of ${file}`];
    return fields
      .filter((field) => !section.includes(`\`${field}\``))
      .map((field) => `docs/errors.md does not say what \`${field}\` of ${code} is`);
  });
}

function untested(declared, tests) {
  const named = new Set(tests.flatMap(({ text }) => text.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []));
  return [...declared]
    .filter(([code]) => !named.has(code))
    .map(([code, { file }]) => `no test names ${code} of ${file}`);
}

/** The text under each heading that is a code. */
function sectionsOf(page) {
  const parts = page.split(/^#{2,3} `?([A-Z]+(?:_[A-Z]+)+)`?[ \t]*$/m);
  const sections = new Map();
  for (let i = 1; i < parts.length; i += 2) sections.set(parts[i], parts[i + 1]);
  return sections;
}
