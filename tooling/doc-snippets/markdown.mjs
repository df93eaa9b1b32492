import { readFileSync } from 'node:fs';

/**
 * @typedef {object} Block
 * @property {string} file    the page, relative to the repository
 * @property {number} line    the line of the page on which the block's first line stands
 * @property {string} language
 * @property {string[]} flags words after the language: `ignore`, `run`
 * @property {string} text
 * @property {string} prelude code the reader does not see, from `<!-- prelude: … -->` before the block
 * @property {string | undefined} from the file it is a piece of, from `<!-- from: … -->`
 */

const fence = /^(\s*)(`{3,})\s*(\S*)\s*(.*)$/;

/**
 * The code blocks of one page, in order.
 * @param {string} root
 * @param {string} file
 * @returns {Block[]}
 */
export function blocksOf(root, file) {
  const lines = readFileSync(`${root}/${file}`, 'utf8').split('\n');
  const blocks = [];
  let comment = '';
  for (let i = 0; i < lines.length; i++) {
    const opening = fence.exec(lines[i]);
    if (opening === null) {
      if (lines[i].startsWith('<!--')) {
        const begin = i;
        while (!lines[i].includes('-->') && i < lines.length - 1) i++;
        comment += `${lines.slice(begin, i + 1).join('\n')}\n`;
      } else if (lines[i].trim() !== '') comment = '';
      continue;
    }
    const [, indent, ticks, language, words] = opening;
    const first = i + 1;
    while (++i < lines.length && lines[i].trim() !== ticks);
    const text = lines
      .slice(first, i)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n');
    blocks.push({
      file,
      line: first + 1,
      language,
      flags: words.split(/\s+/).filter(Boolean),
      text,
      prelude: /<!--\s*prelude:\s*([\s\S]*?)\s*-->/.exec(comment)?.[1] ?? '',
      from: /<!--\s*from:\s*(\S+)\s*-->/.exec(comment)?.[1],
    });
    comment = '';
  }
  return blocks;
}

/** A page without its code, line for line. */
export function proseOf(root, file) {
  let inside = false;
  return readFileSync(`${root}/${file}`, 'utf8')
    .split('\n')
    .map((line) => {
      if (!fence.test(line)) return inside ? '' : line;
      inside = !inside;
      return '';
    });
}

/**
 * The anchor of a heading, as GitHub makes it; the site makes the same.
 * @param {string} heading its words, without the marks of links
 * @returns {string}
 */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}
