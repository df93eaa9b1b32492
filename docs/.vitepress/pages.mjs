// Which Markdown files of the repository are pages of the site, and where each stands there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesUnder } from '../../tooling/doc-snippets/files.mjs';

/** The repository. */
export const root = join(fileURLToPath(import.meta.url), '../../..');

/** The repository's own page is the home page, so that the two cannot differ. */
export const homePage = 'README.md';

/** Generated, and not committed. */
export const referenceFolder = 'docs/reference';

/** The page that Git hosts show for the folder; the sidebar is made of it. */
export const indexPage = 'docs/README.md';

/** The order in which readers meet the packages; others follow by name. */
const packageOrder = [
  'core',
  'pubsub',
  'correlation',
  'router-glob',
  'router-regex',
  'health',
  'reliable',
  'batch',
  'metrics',
  'transport-ipc',
  'transport-ws',
];

/** Sorts names of packages as readers meet them. @param {string} a @param {string} b */
export function byPackageOrder(a, b) {
  const place = (name) => packageOrder.indexOf(name) + 1 || packageOrder.length + 1;
  return place(a) - place(b) || a.localeCompare(b);
}

/** Files that are pages, by their path in the repository; what it captures is their path on the site. */
const shown = [
  /^docs\/(?!README\.md$)(.+\.md)$/,
  /^((?:packages|examples|apps)\/[^/]+\/README\.md)$/,
  /^(bench\/README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md)$/,
];

/**
 * Where a file of the repository stands on the site, or undefined when it is no page.
 * @param {string} file
 * @returns {string | undefined}
 */
export function sitePathOf(file) {
  if (file === homePage) return 'index.md';
  if (file === indexPage) return 'pages.md';
  for (const pattern of shown) {
    const path = pattern.exec(file)?.[1];
    if (path !== undefined) {
      return path
        .replace(/README\.md$/, 'index.md')
        .replace(/^[A-Z]+\.md$/, (name) => name.toLowerCase());
    }
  }
  return undefined;
}

/**
 * The page that a link to a file or a folder means: a folder means its README.
 * @param {string} target relative to the repository
 * @returns {string | undefined}
 */
export function pageLinked(target) {
  const file = target.replace(/\/$/, '');
  const page = existsSync(join(root, file, 'README.md')) ? `${file}/README.md` : file;
  return sitePathOf(page) === undefined ? undefined : page;
}

/** @returns {string[]} all Markdown files of the repository that are no pages */
export function notPages() {
  return filesUnder(root, '.', '.md').filter((file) => sitePathOf(file) === undefined);
}
