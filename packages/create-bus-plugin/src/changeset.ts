import type { Names } from './names.ts';

/** Where the changeset of the first release goes. */
export const firstChangeset = '.changeset/first-release.md';

/** The changeset that makes the first release 0.1.0. */
export function changesetOf(names: Names): string {
  return `---\n"${names.package}": minor\n---\n\nFirst release.\n`;
}
