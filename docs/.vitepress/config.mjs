import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { anchorOf } from '../../tooling/doc-snippets/markdown.mjs';
import { repositoryUrl, siteLinks } from './links.mjs';
import { hideMarks } from './marks.mjs';
import { homePage, notPages, root, sitePathOf } from './pages.mjs';
import { searchOptions } from './search.mjs';
import { sidebars, titleOf } from './sidebar.mjs';

/** The index of the search is one file, loaded when a reader first searches. */
const searchIndexKb = 2_000;

/**
 * VitePress would bundle its dependencies ahead for the dev server, and looks for them from the repository,
 * which has none of them: it warns of each, and then does without.
 */
const plainDependencies = {
  name: 'plain-dependencies',
  configResolved({ optimizeDeps }) {
    optimizeDeps.include = [];
  },
};

export default defineConfig({
  title: titleOf(homePage),
  description: 'A message bus for TypeScript programs made of parts',
  lang: 'en',
  // Browsers ask for an icon that no page names.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The pages link to each other as on a Git host, so the site begins at the repository.
  srcDir: root,
  srcExclude: notPages(),
  rewrites: (file) => sitePathOf(file) ?? file,
  outDir: join(root, 'docs/.vitepress/dist'),
  cacheDir: join(root, 'docs/node_modules/.vitepress'),
  // Once for all pages, not in each.
  metaChunk: true,
  markdown: {
    anchor: { slugify: anchorOf },
    config(md) {
      md.use(siteLinks).use(hideMarks);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'All pages', link: '/pages' },
      { text: 'Reference', link: '/reference/' },
      ...(repositoryUrl ? [{ text: 'Repository', link: repositoryUrl }] : []),
    ],
    sidebar: sidebars(),
    outline: { level: [2, 3] },
    search: { provider: 'local', options: { miniSearch: { searchOptions } } },
  },
  vite: {
    build: { chunkSizeWarningLimit: searchIndexKb },
    server: { watch: { ignored: ['**/dist/**'] } },
    plugins: [plainDependencies],
  },
});
