import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorOf, proseOf } from './markdown.mjs';

/** `[words](target)`, and `[name]: target`. */
const link = /\[(?:[^\]\\]|\\.)*\]\(([^()\s]+)\)/g;
const definition = /^\[[^\]]+\]:\s+(\S+)/g;

/**
 * Relative links that lead nowhere: to no file, or to no heading of it.
 * @param {string} root
 * @param {string[]} pages
 * @returns {string[]}
 */
export function linkFaults(root, pages) {
  const faults = [];
  for (const page of pages) {
    proseOf(root, page).forEach((line, index) => {
      const prose = line.replace(/`[^`]*`/g, '``');
      for (const [, target] of [...prose.matchAll(link), ...prose.matchAll(definition)]) {
        if (/^[a-z]+:/i.test(target)) continue;
        const [path, anchor] = target.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
        const at = `${page}:${index + 1}`;
        if (!existsSync(join(root, file))) faults.push(`${at} links to ${target}: no such file`);
        else if (anchor && file.endsWith('.md') && !anchorsOf(root, file).has(anchor)) {
          faults.push(`${at} links to ${target}: no such heading`);
        }
      }
    });
  }
  return faults;
}

const known = new Map();

function anchorsOf(root, file) {
  const path = join(root, file);
  if (!known.has(path)) {
    const anchors = new Set();
    if (statSync(path).isFile()) {
      for (const line of proseOf(root, file)) {
        const heading = /^#+\s+(.*)$/.exec(line)?.[1];
        if (heading !== undefined)
          anchors.add(anchorOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')));
      }
    }
    known.set(path, anchors);
  }
  return known.get(path);
}
