import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { transportWs } from '@bus/transport-ws';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findChromium } from './chromium.ts';
import { Demo, isBuilt } from './demo.ts';

const dir = mkdtempSync(join(tmpdir(), 'bus-demo-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

function demo(): Demo {
  const started = new Demo('--for', 'forever', '--dir', dir);
  onTestFinished(() => started.kill());
  return started;
}

const executablePath = findChromium();
const isMissing = executablePath === undefined && process.env.CI === undefined;
if (isMissing) console.warn('demo: the page is not tried, for no Chromium is on the PATH');

describe.skipIf(!isBuilt || isMissing)('the page in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (executablePath === undefined) throw new Error('CI must have Chromium on the PATH');
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);

  afterAll(() => browser?.close());

  async function open(run: Demo) {
    const page = (await browser?.newPage()) as Page;
    onTestFinished(() => page.close());
    const errors: string[] = [];
    const hosts = new Set<string>();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    const url = await run.page();
    await page.goto(url);
    await page.locator('#status', { hasText: /^connected as page-/ }).waitFor();
    return { page, errors, hosts, host: new URL(url).host };
  }

  test('shows live figures, states and processes, has a request answered, and tells the end', async () => {
    const run = demo();
    const { page, errors, hosts, host } = await open(run);
    const number = async (id: string): Promise<number> =>
      Number((await page.locator(`#${id}`).textContent())?.replaceAll(',', ''));
    const soon = { timeout: 5000 };
    await expect.poll(() => number('rate'), soon).toBeGreaterThan(0);
    const first = await number('total');
    await expect.poll(() => number('total'), soon).toBeGreaterThan(first);
    await expect.poll(() => page.locator('#latency').textContent()).toMatch(/^[\d.]+ (µs|ms|s)$/);

    // Asked for, not waited for until it changes.
    const state = page.locator('#state:not([data-state=unknown])');
    await state.waitFor(soon);
    expect(await state.textContent()).toMatch(/^(idle|active|overloaded)$/);
    const bars = page.locator('#strip i[data-state]:not([data-state=""])');
    const before = await bars.count();
    await expect.poll(() => bars.count(), soon).toBeGreaterThan(before);

    await expect.poll(() => page.locator('#processes tr').count(), soon).toBe(7);
    const row = page.locator('#processes tr', { hasText: 'analysis-1' }).first();
    expect(await row.textContent()).toContain(String(await run.pidOf('analysis-1')));
    await page.locator('#links td', { hasText: /^page-/ }).waitFor();
    await page.locator('#modules dt', { hasText: 'storage' }).waitFor();

    await page.locator('#ask').click();
    await page.locator('#answer', { hasText: /^analysis-\d, in .*: of \d+ windows/ }).waitFor();

    expect(errors).toEqual([]);
    expect([...hosts]).toEqual([host]);
    run.interrupt();
    await page.locator('#status', { hasText: 'disconnected' }).waitFor();
    expect(await page.locator('#ask').isDisabled()).toBe(true);
    expect(await run.exit).toBe(0);
  });

  test('shows that a process is lost, and the request goes to another', async () => {
    const run = demo();
    const { page } = await open(run);
    await page.locator('#processes tr', { hasText: 'analysis-1' }).first().waitFor();
    const pid = await run.pidOf('analysis-1');
    // Newer news may take its place, so it is waited for from the start.
    const told = page.locator('#news dd', { hasText: 'process analysis-1 is lost' }).waitFor();
    process.kill(pid, 'SIGKILL');
    await Promise.all([told, page.locator('#processes td[data-is=lost]').waitFor()]);
    await page.locator('#ask').click();
    await page.locator('#answer', { hasText: /^analysis-2, in / }).waitFor();
  });
});

describe.skipIf(!isBuilt)('whoever connects as a page does', { timeout: 60_000 }, () => {
  test('may ask for reports, and for nothing that changes the program', async () => {
    const run = demo();
    const { host } = new URL(await run.page());
    const log = { ...console, warn: () => undefined };
    const bus = await createBus({ id: 'page-test', log })
      .use(routerGlob(), pubsub(), correlation(), transportWs({ connect: `ws://${host}/bus` }))
      .start();
    onTestFinished(() => bus.stop());
    let raw = 0;
    bus.subscribe('raw.**', () => void raw++);
    const figures = new Promise((resolve) => bus.subscribe('meter.figures', resolve));
    await figures;
    await bus.request('state.current', {});
    expect(await bus.request('analysis.report', { windows: 1 })).toMatchObject({
      by: expect.stringMatching(/^analysis-/),
    });
    for (const topic of ['orchestrator.shutdown', 'system.shutdown', 'intervention.apply']) {
      await expect(bus.request(topic, {}), topic).rejects.toMatchObject({ code: 'BUS_NO_ROUTE' });
    }
    expect(await bus.publish('config.changed', { eventsPerSecond: 1 })).toBe(0);
    expect(await bus.publish('meter.figures', {})).toBe(1);
    expect(raw).toBe(0);
  });

  test('is refused where it is the page of somebody else', async () => {
    const run = demo();
    const url = new URL('bus', await run.page());
    const statusFor = (origin: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
          Origin: origin,
        };
        const asked = request(url, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.once('upgrade', (answer, socket) => {
          socket.destroy();
          resolve(answer.statusCode);
        });
        asked.once('error', reject).end();
      });
    expect(await statusFor(url.origin)).toBe(101);
    expect(await statusFor('https://example.com')).toBe(403);
    expect(await statusFor('null')).toBe(403);
  });

  test('gets three files, which load nothing from elsewhere, and no other', async () => {
    const run = demo();
    const url = await run.page();
    for (const path of ['', 'page.js', 'page.css']) {
      const answer = await fetch(new URL(path, url));
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      await answer.body?.cancel();
    }
    for (const path of ['main.js', '../main.js', '%2e%2e/main.js', 'page.js/']) {
      expect((await fetch(new URL(path, url))).status, path).toBe(404);
    }
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });
});
