import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder } from '../../../tooling/doc-snippets/files.mjs';

/** What a site without a page says; nobody links to it. */
const notFound = '/404.html';

/**
 * Links of the built site that lead nowhere, pages that no link leads to, and whatever would be
 * loaded from elsewhere.
 * @param {string} folder
 * @param {import('./built.mjs').BuiltPage[]} pages
 * @returns {string[]}
 */
export function siteLinkFaults(folder, pages) {
  const byAddress = new Map(pages.map((page) => [page.address, page]));
  const reached = reachedFrom('/index.html', byAddress);
  return [
    ...pages.flatMap((page) => deadLinks(folder, page, byAddress)),
    ...pages
      .filter(({ address }) => address !== notFound && !reached.has(address))
      .map(({ address }) => `no link leads to ${address}`),
    ...pages.flatMap(({ address, outside }) =>
      outside.map((target) => `${address} would load ${target}`),
    ),
    ...filesUnder(folder, '.', '.css').flatMap((file) =>
      (
        readFileSync(join(folder, file), 'utf8').match(/url\(["']?(?:https?:)?\/\/[^)]*\)/g) ?? []
      ).map((target) => `${file} would load ${target}`),
    ),
  ];
}

function deadLinks(folder, { address, links }, byAddress) {
  return [...new Set(links)].flatMap((link) => {
    const [path, anchor] = link.split('#');
    const page = byAddress.get(fileOf(path));
    if (page === undefined) {
      return existsSync(join(folder, path)) ? [] : [`${address} links to ${link}: no such page`];
    }
    return !anchor || page.anchors.has(anchor)
      ? []
      : [`${address} links to ${link}: no such heading`];
  });
}

const fileOf = (path) => (path.endsWith('/') ? `${path}index.html` : path);

function reachedFrom(start, byAddress) {
  const reached = new Set([start]);
  for (const address of reached) {
    for (const link of byAddress.get(address)?.links ?? []) {
      const target = fileOf(link.split('#')[0] ?? '');
      if (byAddress.has(target)) reached.add(target);
    }
  }
  return reached;
}
