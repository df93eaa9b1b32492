const ascii = /^[\0-\x7f]*$/;

/**
 * Converts a text to lower case, one UTF-16 unit at a time. `toLowerCase` on a whole text depends on
 * the neighbours of a character and may change the length.
 */
export function foldCase(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  let folded = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    const lower = unit.toLowerCase();
    folded += lower.length === 1 ? lower : unit;
  }
  return folded;
}
