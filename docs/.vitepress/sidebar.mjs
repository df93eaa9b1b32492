// The sidebar: the sections and links of docs/README.md, then pages of docs/ which it does not name, beside
// their neighbours, so that none can be out of reach, and the generated reference.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { filesUnder } from '../../tooling/doc-snippets/files.mjs';
import {
  byPackageOrder,
  homePage,
  indexPage,
  pageLinked,
  referenceFolder,
  root,
  sitePathOf,
} from './pages.mjs';

/** @typedef {{ text: string, file: string }} Entry a page, by its path in the repository */

const read = (file) => readFileSync(join(root, file), 'utf8');

/** The heading of a page. @param {string} file */
export const titleOf = (file) => /^# (.+)$/m.exec(read(file))?.[1]?.replace(/`/g, '') ?? file;

/** @returns {{ text: string, entries: Entry[] }[]} the sections of docs/README.md that link to pages */
function indexedSections() {
  const [, ...sections] = read(indexPage).split(/^## /m);
  return sections.map((section) => ({
    text: section.slice(0, section.indexOf('\n')).trim(),
    entries: [...section.matchAll(/^\| \[([^\]]+)\]\(([^)#\s]+)\)/gm)].flatMap(
      ([, text, target]) => {
        const file = pageLinked(normalize(join(dirname(indexPage), target)));
        return file !== undefined && existsSync(join(root, file))
          ? [{ text: text.replace(/`/g, ''), file }]
          : [];
      },
    ),
  }));
}

/** @returns {string[]} pages that somebody wrote and docs/README.md does not name */
export function pagesNotIndexed() {
  const named = new Set(
    indexedSections().flatMap(({ entries }) => entries.map(({ file }) => file)),
  );
  return filesUnder(root, '.', '.md').filter(
    (file) =>
      sitePathOf(file) !== undefined &&
      !file.startsWith(`${referenceFolder}/`) &&
      ![indexPage, homePage].includes(file) &&
      !named.has(file),
  );
}

/**
 * The sidebars of VitePress: one for what people wrote, and one for each package's reference, since
 * each page holds all of its sidebar.
 */
export function sidebars() {
  const packages = existsSync(join(root, referenceFolder))
    ? foldersIn(referenceFolder).sort((a, b) => byPackageOrder(basename(a), basename(b)))
    : [];
  return {
    '/': [...writtenSections(), { text: 'Reference', items: packages.map(packageItem) }],
    ...Object.fromEntries(
      packages.map((folder) => [
        linkOf(`${folder}/index.md`),
        [
          {
            ...packageItem(folder),
            items: [aboutItem(folder), ...kindsIn(folder).map(symbolsOf)],
          },
          {
            text: 'Other packages',
            items: packages.filter((other) => other !== folder).map(packageItem),
          },
        ],
      ]),
    ),
  };
}

function writtenSections() {
  const sections = indexedSections();
  for (const file of pagesNotIndexed()) {
    const beside = sections.find(({ entries }) =>
      entries.some((entry) => dirname(entry.file) === dirname(file)),
    );
    (beside ?? sections.at(-1))?.entries.push({ text: titleOf(file), file });
  }
  return sections.map(({ text, entries }) => ({
    text,
    items: entries.map((entry) => ({ text: entry.text, link: linkOf(entry.file) })),
  }));
}

const packageItem = (folder) => ({
  text: titleOf(`${folder}/index.md`),
  link: linkOf(`${folder}/index.md`),
});

/** The README of the package that a folder of the reference describes. */
const aboutItem = (folder) => ({
  text: 'How to use it',
  link: linkOf(`packages/${basename(folder)}/README.md`),
});

/** The pages of a folder of the reference, which is named after the kind of its symbols. */
function symbolsOf(folder) {
  const kind = basename(folder).replaceAll('-', ' ');
  return {
    text: `${kind[0]?.toUpperCase()}${kind.slice(1)}`,
    items: filesUnder(root, folder, '.md').map((file) => ({
      text: file.slice(folder.length + 1, -'.md'.length),
      link: linkOf(file),
    })),
  };
}

/** The folders of a package's symbols, functions first. @param {string} folder */
const kindsIn = (folder) => {
  const kinds = foldersIn(folder);
  const functions = kinds.filter((kind) => basename(kind) === 'functions');
  return [...functions, ...kinds.filter((kind) => !functions.includes(kind))];
};

const foldersIn = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`)
    .sort();

const linkOf = (file) => `/${sitePathOf(file)?.replace(/(^|\/)index\.md$/, '$1')}`;
