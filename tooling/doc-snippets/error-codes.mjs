import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from './files.mjs';

/** `interface …ErrorCodes { … }`: where a package declares its codes and their details. */
const table = /interface\s+\w*ErrorCodes\s*(?:extends\s+[\w,\s]+)?\{([\s\S]*?)\n\s*\}/g;
const entry = /\b([A-Z]+(?:_[A-Z]+)+):\s*\{([^}]*)\}/g;
const raised = /\b(?:busError|new BusError)\(\s*'([A-Z_]+)'/g;

/**
 * What is wrong with the error codes: every code is declared, documented with its details, and
 * thrown in a test; errors.md knows no other.
 * @param {string} root
 * @returns {string[]}
 */
export function errorCodeFaults(root) {
  const faults = [];
  const declared = new Map();
  let tests = '';
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const file of filesUnder(root, `packages/${name}/src`, '.ts')) {
      const source = readFileSync(join(root, file), 'utf8');
      for (const [, body] of source.matchAll(table)) {
        for (const [, code, details] of body.matchAll(entry)) {
          const fields = [...details.matchAll(/(\w+)\??:/g)].map((match) => match[1]);
          declared.set(code, { file, fields });
        }
      }
    }
    for (const file of filesUnder(root, `packages/${name}/test`, '.ts')) {
      tests += readFileSync(join(root, file), 'utf8');
    }
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const file of filesUnder(root, `packages/${name}/src`, '.ts')) {
      const source = readFileSync(join(root, file), 'utf8');
      for (const [, code] of source.matchAll(raised)) {
        if (!declared.has(code)) faults.push(`${file} raises ${code}, which no table declares`);
      }
      const prefixes = [...new Set([...declared.keys()].map((code) => code.split('_')[0]))];
      const mention = new RegExp(`\\b(?:${prefixes.join('|')})_[A-Z_]+\\b`, 'g');
      for (const [code] of source.matchAll(mention)) {
        if (!declared.has(code)) faults.push(`${file} mentions ${code}, which no table declares`);
      }
    }
  }
  const sections = sectionsOf(readFileSync(join(root, 'docs/errors.md'), 'utf8'));
  for (const [code, { file, fields }] of declared) {
    const section = sections.get(code);
    if (section === undefined) {
      faults.push(`docs/errors.md has no section for ${code} (declared in ${file})`);
      continue;
    }
    for (const field of fields) {
      if (!section.includes(`\`${field}\``)) {
        faults.push(`docs/errors.md does not say what \`${field}\` of ${code} is`);
      }
    }
    if (!new RegExp(`\\b${code}\\b`).test(tests)) {
      faults.push(`${code} appears in no test file (declared in ${file})`);
    }
  }
  for (const code of sections.keys()) {
    if (!declared.has(code))
      faults.push(`docs/errors.md has a section for ${code}, unknown in src`);
  }
  return faults;
}

function sectionsOf(page) {
  const parts = page.split(/^#{2,3} `?([A-Z]+(?:_[A-Z]+)+)`?[ \t]*$/m);
  const sections = new Map();
  for (let i = 1; i < parts.length; i += 2) sections.set(parts[i], parts[i + 1]);
  return sections;
}
