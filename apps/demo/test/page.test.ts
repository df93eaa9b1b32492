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
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { findChromium } from './chromium.ts';
import { Demo, isBuilt } from './demo.ts';

const dir = mkdtempSync(join(tmpdir(), 'bus-demo-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

function demo(...args: readonly string[]): Demo {
  const given = args.length > 0 ? args : ['--for', 'forever', '--no-chaos'];
  const started = new Demo(...given, '--dir', dir);
  onTestFinished(() => started.kill());
  return started;
}

/** Asks until there is a report: on a busy machine, whoever could give it may be silent for a moment. */
function expectReport(page: Page): Promise<void> {
  const ask = async (): Promise<string | null> => {
    await page.locator('#ask').click();
    await page.locator('#ask:enabled').waitFor();
    return page.locator('#answer').textContent();
  };
  return expect.poll(ask, { timeout: 20_000 }).toMatch(/^analysis-\d, in .*: of \d+ windows/);
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
      // What a handler of the page throws is in its log.
      const isFailure = message.text().startsWith('BUS_HANDLER_FAILED');
      if (isFailure || message.type() === 'error') errors.push(message.text());
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

    await expectReport(page);

    expect(errors).toEqual([]);
    expect([...hosts]).toEqual([host]);
    run.interrupt();
    await page.locator('#status', { hasText: 'disconnected' }).waitFor();
    expect(await page.locator('#ask').isDisabled()).toBe(true);
    expect(await run.exit).toBe(0);
  });

  test('shows faults as they are noticed and got over, and that nothing reliable is missing', async () => {
    const run = demo('--for', '18s', '--chaos');
    const { page, errors } = await open(run);
    const fault = (name: string) => page.locator('#faults tr', { hasText: name });
    const cell = (name: string, at: number) => fault(name).locator('td').nth(at);
    const reliable = (name: string) =>
      page.locator('#reliable dt', { hasText: name }).locator('+ dd').textContent();
    await page.locator('#health tr', { hasText: 'analysis-1' }).first().waitFor();

    // Newer news may take its place, so it is waited for from the start.
    const told = page.locator('#news dd', { hasText: 'process analysis-1 is back' }).waitFor();
    await fault('SIGKILL to analysis-1').waitFor();
    expect(await page.locator('#no-faults').isVisible()).toBe(false);
    await told;
    await expectReport(page);
    await fault('SIGSTOP to analysis-2').waitFor();
    await fault('poison in batch.stored').waitFor();
    const soon = { timeout: 5000 };
    for (const name of ['SIGKILL to analysis-1', 'SIGSTOP to analysis-2', 'poison in']) {
      for (const at of [2, 4]) {
        await expect.poll(() => cell(name, at).textContent(), soon).toMatch(/^[\d.]+$/);
      }
    }
    await expect.poll(() => reliable('dead letters'), soon).toBe('1');
    await expect.poll(() => reliable('replayed'), soon).toBe('1');
    await expect.poll(() => reliable('under way or lost'), soon).toMatch(/^[01]$/);
    expect(errors).toEqual([]);
    run.interrupt();
    expect(await run.exit).toBe(0);
    expect(run.output).toContain('reliable messages lost = 0');
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
    await vi.waitFor(async () => {
      await bus.request('state.current', {});
      expect(await bus.request('analysis.report', { windows: 1 })).toMatchObject({
        by: expect.stringMatching(/^analysis-/),
      });
    }, 10_000);
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

  test('gets the figures of each process in the format of Prometheus', async () => {
    const run = demo();
    const url = await run.page();
    await run.says(/raw\/s/);
    for (const path of ['metrics', 'metrics/storage', 'metrics/meter']) {
      const answer = await fetch(new URL(path, url));
      expect(answer.headers.get('content-type'), path).toContain('text/plain; version=0.0.4');
      const text = await answer.text();
      expect(text, path).toMatch(/^# TYPE \w+ counter$/m);
      expect(text, path).toMatch(/^\w+\{[^}]*\} [1-9]/m);
    }
    expect((await fetch(new URL('metrics/nobody', url))).status).toBe(404);
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
