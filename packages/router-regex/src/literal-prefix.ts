import type { PatternSource } from './source.ts';

/** Longer ones cost more to look up than they save. */
const longest = 64;

/**
 * The text every match begins with, as far as it can be read off the pattern: `orders.eu` of
 * `/^orders\.eu\b/`. Empty where there is none; never wrong, sometimes shorter than it could be.
 */
export function literalPrefix({ source, flags }: PatternSource): string {
  if (!source.startsWith('^') || /[im]/.test(flags) || hasChoice(source)) return '';
  let prefix = '';
  let at = 1;
  while (at < source.length && prefix.length < longest) {
    const escaped = source[at] === '\\';
    const char = source.charAt(escaped ? at + 1 : at);
    if (escaped ? /\w/.test(char) : /[.*+?()[\]{}|^$]/.test(char)) break;
    at += escaped ? 2 : 1;
    const next = source.charAt(at);
    if (next === '*' || next === '?' || next === '{') break;
    prefix += char;
  }
  return prefix.replace(/[\ud800-\udbff]$/, '');
}

/** Whether a `|` stands outside all groups, so that not every match begins the same way. */
function hasChoice(source: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) return true;
  }
  return false;
}
