// Makes the links of the pages, which are those of a Git host, links of the site.
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { pageLinked, root, sitePathOf } from './pages.mjs';

const { GITHUB_REPOSITORY: repository, GITHUB_SERVER_URL: host = 'https://github.com' } =
  process.env;

/**
 * The address of the repository, where it is known: CI on GitHub sets `GITHUB_REPOSITORY`
 * (`owner/name`). Links to files and folders that are no pages lead there; where it is not set,
 * they are shown as plain text.
 */
export const repositoryUrl = repository && `${host}/${repository}`;

/**
 * A plugin of markdown-it.
 * @param {import('vitepress').MarkdownRenderer} md
 */
export function siteLinks(md) {
  md.core.ruler.push('site_links', ({ tokens, env }) => {
    const page = relative(root, env.realPath ?? env.path).replaceAll('\\', '/');
    for (const { children } of tokens) {
      if (children !== null) relink(children, page);
    }
  });
}

function relink(tokens, page) {
  for (const [at, token] of tokens.entries()) {
    const href = token.type === 'link_open' ? String(token.attrGet('href')) : '#';
    if (/^([a-z]+:|#|\/)/i.test(href)) continue;
    const address = addressOf(href, page);
    if (address === undefined) hideLink(tokens, at);
    else token.attrSet('href', address);
  }
}

function addressOf(href, page) {
  const [path, anchor] = href.split('#');
  const target = normalize(join(dirname(page), decodeURI(path))).replaceAll('\\', '/');
  const linked = pageLinked(target);
  // A page that is not there is left for VitePress to find.
  if (linked !== undefined || target.endsWith('.md')) {
    const address = `/${sitePathOf(linked ?? target) ?? target}`;
    return anchor === undefined ? address : `${address}#${anchor}`;
  }
  if (!existsSync(join(root, target))) {
    throw new Error(`${page} links to ${href}: there is no ${target}`);
  }
  if (!repositoryUrl) return undefined;
  const kind = statSync(join(root, target)).isDirectory() ? 'tree' : 'blob';
  return `${repositoryUrl}/${kind}/HEAD/${target}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** Leaves the words of a link. */
function hideLink(tokens, at) {
  const end = tokens.findIndex((token, index) => index > at && token.type === 'link_close');
  for (const token of [tokens[at], tokens[end]]) {
    token.type = 'text';
    token.content = '';
    token.tag = '';
    token.nesting = 0;
  }
}
