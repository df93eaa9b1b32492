import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Blocks shown as pieces of a file must be that file: every line of it, in order.
 * @param {string} root
 * @param {import('./markdown.mjs').Block[]} blocks
 * @returns {string[]}
 */
export function pieceFaults(root, blocks) {
  const faults = [];
  const shown = new Map();
  for (const block of blocks.filter(({ from }) => from !== undefined)) {
    const key = `${block.file}\n${block.from}`;
    shown.set(key, [...(shown.get(key) ?? []), block]);
  }
  for (const pieces of shown.values()) {
    const { file: page, from } = pieces[0];
    if (!existsSync(join(root, from))) {
      faults.push(`${page}:${pieces[0].line} is from ${from}, which is not there`);
      continue;
    }
    const text = readFileSync(join(root, from), 'utf8');
    if (from.endsWith('.json')) {
      // The formatter lays a package.json out differently in its file and in a page.
      const same = (a, b) => JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
      if (!same(pieces.map((block) => block.text).join('\n'), text)) {
        faults.push(`${page}:${pieces[0].line} is not what ${from} says`);
      }
      continue;
    }
    const left = linesOf(text);
    const different = pieces
      .flatMap((block) => block.text.split('\n').map((text, i) => ({ text, line: block.line + i })))
      .filter(({ text }) => text.trim() !== '')
      .find(({ text }) => text !== left.shift());
    if (different !== undefined) {
      faults.push(
        `${page}:${different.line} is not what ${from} says there: ${different.text.trim()}`,
      );
    } else if (left.length > 0) faults.push(`${page} leaves out of ${from}: ${left[0].trim()}`);
  }
  return faults;
}

function linesOf(text) {
  return text.split('\n').filter((line) => line.trim() !== '');
}
