/** What has no place in a line of a log: control characters, line ends of Unicode, and what turns text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A text that a peer chose, as it may stand in a line of a log: cut, and with nothing that cannot be printed. */
export function shown(text: string, most = 500): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(unprintable, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Whether a value can name a bus: a text of 1 to 128 characters that can be printed. */
export function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 128) return false;
  return value.search(unprintable) < 0;
}
