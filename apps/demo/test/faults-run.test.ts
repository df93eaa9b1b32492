import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { findChromium } from '@bus/chromium';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Result } from '../src/report/result.ts';
import { Demo, elsewhere, endedOf, isBuilt } from './support/demo.ts';

const executablePath = findChromium();
const isMissing = executablePath === undefined && process.env.CI === undefined;
if (isMissing) console.warn('demo: the page is not tried, for no Chromium is on the PATH');

/** Where other tests keep the machine busy. */
const soon = { timeout: 15_000 };

/** A page of the demo, open from the beginning of the run. */
interface Watching {
  readonly page: Page;
  /** What went wrong in the page. */
  readonly errors: readonly string[];
  /** Where it loaded something from. */
  readonly hosts: ReadonlySet<string>;
  /** Resolves when the page has told that the killed process is back: newer news takes its place. */
  readonly back: Promise<void>;
}

async function watch(browser: Browser, url: string): Promise<Watching> {
  const page = await browser.newPage();
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // It tries to connect from before the program is there until after it has ended.
    if (text.startsWith('WebSocket connection to')) return;
    // What a handler of the page throws is in its log.
    const isFailure = text.startsWith('BUS_HANDLER_FAILED');
    if (isFailure || message.type() === 'error') errors.push(text);
  });
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await vi.waitFor(() => page.goto(url), 30_000);
  const back = page.locator('#news dd', { hasText: 'process analysis-1 is back' }).waitFor();
  back.catch(() => undefined);
  await page.locator('#status', { hasText: /^connected as page-/ }).waitFor();
  return { page, errors, hosts, back };
}

/** With `--json` nothing tells which port was taken. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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

describe.skipIf(!isBuilt)('a run with faults', { timeout: 60_000 }, () => {
  let port: number;
  let run: Demo;
  let browser: Browser | undefined;
  let watching: Watching;
  let storagePid: number | undefined;

  beforeAll(async () => {
    if (executablePath !== undefined) {
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    } else if (!isMissing) throw new Error('CI must have Chromium on the PATH');
    port = await freePort();
    const flags = ['--json', '--port', String(port), '--for', '10s', '--chaos'];
    run = new Demo(...flags, '--dir', import.meta.dirname);
    if (browser !== undefined) watching = await watch(browser, `http://127.0.0.1:${port}/`);
  }, 60_000);

  afterAll(async () => {
    run.kill();
    await browser?.close();
  });

  test.skipIf(isMissing)('shows live figures, states and processes on its page', async () => {
    const { page, hosts } = watching;
    const number = async (id: string): Promise<number> =>
      Number((await page.locator(`#${id}`).textContent())?.replaceAll(',', ''));
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
    const pid = page.locator('#processes tr', { hasText: 'storage' }).locator('td').nth(5);
    storagePid = Number(await pid.textContent());
    await page.locator('#links td', { hasText: /^page-/ }).waitFor();
    await page.locator('#modules dt', { hasText: 'storage' }).waitFor();
    await page.locator('#health tr', { hasText: 'analysis-1' }).first().waitFor();
    expect([...hosts]).toEqual([`127.0.0.1:${port}`]);
  });

  test.skipIf(isMissing)('shows faults there as they are noticed and got over', async () => {
    const { page, back, errors } = watching;
    const fault = (name: string) => page.locator('#faults tr', { hasText: name });
    const cell = (name: string, at: number) => fault(name).locator('td').nth(at);
    const reliable = (name: string) =>
      page.locator('#reliable dt', { hasText: name }).locator('+ dd').textContent();

    await fault('SIGKILL to analysis-1').waitFor();
    expect(await page.locator('#no-faults').isVisible()).toBe(false);
    await back;
    await expectReport(page);
    await fault('SIGSTOP to analysis-2').waitFor();
    await fault('poison in batch.stored').waitFor();
    for (const name of ['SIGKILL to analysis-1', 'SIGSTOP to analysis-2', 'poison in']) {
      for (const at of [2, 4]) {
        await expect.poll(() => cell(name, at).textContent(), soon).toMatch(/^[\d.]+$/);
      }
    }
    await expect.poll(() => reliable('dead letters'), soon).toBe('1');
    await expect.poll(() => reliable('replayed'), soon).toBe('1');
    await expect.poll(() => reliable('under way or lost'), soon).toMatch(/^[01]$/);
    expect(errors).toEqual([]);
  });

  test('goes on through a kill, a stall and a poisoned message, and no reliable message is lost', async () => {
    expect(await run.exit).toBe(0);
    expect(run.errors).toBe('');
    expect(run.left).toEqual([]);
    const result = JSON.parse(run.output) as Result;
    expect(result.faults).toEqual([]);
    expect(result.balanced).toBe(true);
    const { accepted, inFlight } = result.outcomes;
    expect(accepted).toBe(endedOf(result.outcomes) + inFlight);

    const [kill, stall, poison] = result.chaos.faults;
    expect(result.chaos.planned).toHaveLength(3);
    expect(kill).toMatchObject({ fault: 'kill', target: 'analysis-1' });
    expect(stall).toMatchObject({ fault: 'stall', target: 'analysis-2' });
    expect(poison).toMatchObject({ fault: 'poison', target: 'batch.stored' });
    for (const fault of [kill, stall, poison]) {
      expect(fault?.noticedMs, fault?.fault).toBeGreaterThan(0);
      expect(fault?.recoveredMs, fault?.fault).toBeGreaterThan(fault?.noticedMs ?? 0);
    }
    for (const fault of [kill, stall]) {
      expect(fault?.failoverMs, fault?.fault).toBeGreaterThan(0);
      expect(fault?.requests.answered, fault?.fault).toBeGreaterThan(0);
    }

    expect(result.lost).toMatchObject([{ id: 'analysis-1', how: 'SIGKILL', plausible: true }]);
    expect(result.processes.map(({ id }) => id)).toEqual([...elsewhere, 'hub']);
    const [lost] = result.lost;
    const successor = result.processes.find(({ id }) => id === 'analysis-1');
    expect(successor?.pid).not.toBe(lost?.pid);
    expect(result.health.peers.down).toBeGreaterThan(0);
    expect(result.health.peers.suspect).toBeGreaterThan(0);

    const { published, handled, deadLetters, replayed, retries } = result.reliable;
    expect(result.reliable.lost).toBe(0);
    expect(result.reliable.deadLettersLeft).toBe(0);
    expect(handled).toBe(published);
    expect(published).toBeGreaterThan(15);
    expect({ deadLetters, replayed }).toEqual({ deadLetters: 1, replayed: 1 });
    expect(retries).toBeGreaterThanOrEqual(2);
  });

  test.skipIf(isMissing)(
    'has told its end on the page, and which processes there were',
    async () => {
      const { page } = watching;
      await page.locator('#status', { hasText: 'disconnected' }).waitFor();
      expect(await page.locator('#ask').isDisabled()).toBe(true);
      const { processes } = JSON.parse(run.output) as Result;
      expect(storagePid).toBe(processes.find(({ id }) => id === 'storage')?.pid);
    },
  );
});
