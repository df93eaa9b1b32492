// Builds the site of the documentation and looks at it: no link or anchor leads nowhere, every page is
// reached, nothing is loaded from elsewhere; and in Chromium, where there is one, the search finds, no page
// is wider than a phone, and none complains.
//   --built            looks at what was built before
//   --pictures FOLDER  also takes screenshots
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { browserFaults } from '../docs/.vitepress/checks/browser.mjs';
import { builtPages } from '../docs/.vitepress/checks/built.mjs';
import { siteLinkFaults } from '../docs/.vitepress/checks/links.mjs';
import { serveFolder } from '../docs/.vitepress/checks/serve.mjs';
import { findChromium } from '../tooling/chromium/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const site = join(root, 'docs/.vitepress/dist');
const { values } = parseArgs({
  options: { built: { type: 'boolean', default: false }, pictures: { type: 'string' } },
});

if (!values.built) {
  execFileSync(process.execPath, [join(root, 'docs/.vitepress/site.mjs'), 'build'], {
    stdio: 'inherit',
  });
}
const pages = builtPages(site);
const faults = siteLinkFaults(site, pages);
if (pages.length === 0) faults.push('there is no site: pnpm run docs');

const chromium = findChromium();
if (chromium !== undefined) {
  const written = pages
    .map(({ address }) => address)
    .filter((address) => !address.startsWith('/reference/') && address !== '/404.html');
  const { origin, stop } = await serveFolder(site);
  faults.push(...(await browserFaults(chromium, origin, written, values.pictures)));
  stop();
} else if (process.env.CI === 'true') {
  faults.push('there is no Chromium to look at the site with');
} else {
  console.log('Skipped looking at the site in a browser: there is no Chromium.');
}

for (const fault of faults) console.error(fault);
console.log(
  `${pages.length} pages of the site: ${faults.length === 0 ? 'all is well' : `${faults.length} faults`}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
