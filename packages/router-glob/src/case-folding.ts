const ascii = /^[\0-\x7f]*$/;

/**
 * The text in lower case, unit by unit: `toLowerCase` on a whole text looks at what stands beside a
 * character, and may change the length.
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
