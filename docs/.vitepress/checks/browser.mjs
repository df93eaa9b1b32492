// Looks at the built site as a reader does, in Chromium.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** What readers look for, and the page that must be among the first answers. */
const searches = [
  { words: 'dead letter', finds: '/concepts/reliable-delivery.html' },
  { words: 'BUS_MAILBOX_FULL', finds: '/errors.html' },
  { words: 'overflow', finds: '/concepts/mailboxes.html' },
  { words: 'SIGTERM', finds: '/guides/graceful-shutdown.html' },
  { words: 'publish is not a function', finds: '/troubleshooting.html' },
  { words: 'createBus', finds: '/reference/core/functions/createBus.html' },
];
const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 800 };

/**
 * What a reader would meet: errors on the console, requests to elsewhere, pages wider than a phone, searches that
 * do not find.
 * @param {string} executablePath
 * @param {string} origin     of the served site
 * @param {string[]} addresses the pages to look at
 * @param {string | undefined} pictures a folder for screenshots
 * @returns {Promise<string[]>}
 */
export async function browserFaults(executablePath, origin, addresses, pictures) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const faults = [];
  try {
    const page = await browser.newPage({ viewport: phone });
    page.on('pageerror', (error) => faults.push(`${page.url()} threw: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(`${page.url()} said: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) {
        faults.push(`${page.url()} asked for ${url}`);
      }
    });
    for (const address of addresses) {
      await page.goto(origin + address, { waitUntil: 'load' });
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (width > phone.width) faults.push(`${address} is ${width} px wide on a phone`);
    }
    await page.setViewportSize(desk);
    for (const search of searches) faults.push(...(await searchFaults(page, origin, search)));
    if (pictures !== undefined) await takePictures(page, origin, pictures);
  } finally {
    await browser.close();
  }
  return faults;
}

async function searchFaults(page, origin, { words, finds }) {
  await page.goto(origin, { waitUntil: 'load' });
  await page.locator('.DocSearch-Button').click();
  await page.locator('.search-input').fill(words);
  const results = page.locator('.results a.result');
  await results
    .first()
    .waitFor({ timeout: 15_000 })
    .catch(() => {});
  const found = await results.evaluateAll((links) => links.slice(0, 5).map((link) => link.href));
  return found.some((href) => new URL(href).pathname === finds)
    ? []
    : [`a search for "${words}" finds ${found.join(', ') || 'nothing'}, not ${finds}`];
}

async function takePictures(page, origin, folder) {
  mkdirSync(folder, { recursive: true });
  const shown = {
    home: '/',
    concept: '/concepts/plugins-and-hooks.html',
    reference: '/reference/core/interfaces/BusOptions.html',
    package: '/packages/core/',
  };
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const [width, viewport] of Object.entries({ desk, phone })) {
      await page.setViewportSize(viewport);
      for (const [name, address] of Object.entries(shown)) {
        await page.goto(origin + address, { waitUntil: 'networkidle' });
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
      }
    }
  }
}
