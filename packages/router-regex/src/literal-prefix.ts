import type { PatternSource } from './source.ts';

/** Longer prefixes cost more to look up than they save. */
const longest = 64;

/**
 * Returns the literal text that every match begins with: `orders.eu` for `/^orders\.eu\b/`. The result
 * may be shorter than possible, or empty, but is never wrong.
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

/** Whether a `|` outside all groups lets matches begin differently. */
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
