const shape = /^@[a-z0-9][a-z0-9._-]*$/;
/** Registries take no longer names, and the longest of ours needs some of it. */
const longest = 150;

/**
 * Why something cannot be the scope of packages.
 * @param {string | undefined} scope
 * @returns {string | undefined} undefined where it can
 */
export function scopeFault(scope) {
  if (scope === undefined) return "say which, such as 'rename-scope @acme'";
  if (!scope.startsWith('@')) return `a scope begins with '@': say '@${scope}'`;
  if (scope.length > longest) return `a scope has at most ${longest} characters`;
  if (shape.test(scope)) return undefined;
  return `'${scope}' is no scope: after the '@' come small letters, digits, '-', '_' and '.'; no '/', and the first is a letter or a digit`;
}

/**
 * A text with another scope: wherever the scope stands by itself or before a slash.
 * @param {string} text
 * @param {string} from with its '@'
 * @param {string} to with its '@'
 */
export function withScope(text, from, to) {
  const escaped = from.replace(/[.]/g, '\\$&');
  // Not in a longer name, and not in an address.
  const alone = new RegExp(`(?<![\\w.%+-])${escaped}(?![\\w-]|\\.\\w)`, 'g');
  return text.replace(alone, () => to);
}

const sortedKinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];

/** A manifest whose dependencies are in order again, as the linter of manifests wants them. */
export function withSortedDependencies(text) {
  const manifest = JSON.parse(text);
  for (const kind of sortedKinds) {
    if (manifest[kind] === undefined) continue;
    const entries = Object.entries(manifest[kind]);
    manifest[kind] = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
