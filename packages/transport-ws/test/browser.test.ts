import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findChromium } from '@bus/chromium';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import { answerPayloads } from '@bus/test-support/payloads';
import { type BuildOptions, type BuildResult, build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';
import type { BusPage } from './page/page.ts';
import { listen } from './support/links.ts';

const folder = join(import.meta.dirname, '..');

/** As an application's bundler does it, by the package's own name. */
function bundle(options: BuildOptions): Promise<BuildResult<{ metafile: true }>> {
  return build({
    ...options,
    absWorkingDir: folder,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@bus/source'],
  });
}

const exported = "export * from '@bus/transport-ws';";

describe('bundled for browsers', () => {
  test('it brings neither ws nor anything of Node', async () => {
    const result = await bundle({
      stdin: { contents: `${exported} export * from '@bus/wire';`, resolveDir: folder },
    });
    const inputs = Object.keys(result.metafile.inputs);
    expect(inputs).toContain('src/browser.ts');
    expect(inputs.filter((path) => /node_modules\/ws\/|^src\/(ws-|index)/.test(path))).toEqual([]);
    const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports);
    expect(imports).toEqual([]);
  });

  test('its own code names no global of Node', async () => {
    const result = await bundle({
      stdin: { contents: exported, resolveDir: folder },
      external: ['@bus/core', '@bus/wire'],
    });
    const text = result.outputFiles?.[0]?.text ?? '';
    expect(text).toContain('transportWs');
    expect(text.match(/\bnode:|\bBuffer\b|\bprocess\b|\brequire\b|\bsetImmediate\b/g)).toBeNull();
  });
});

function call<Name extends keyof BusPage>(
  page: Page,
  name: Name,
  ...args: Parameters<BusPage[Name]>
): Promise<Awaited<ReturnType<BusPage[Name]>>> {
  return page.evaluate(`busPage.${name}(...${JSON.stringify(args)})`);
}

const executablePath = findChromium();
const missing = executablePath === undefined && process.env.CI === undefined;
if (missing) console.warn('transport-ws: not tried in a browser, for there is no Chromium');

describe.skipIf(missing)('in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser | undefined;
  let script = '';

  beforeAll(async () => {
    if (executablePath === undefined) throw new Error('CI must have a Chromium');
    const launched = chromium.launch({ executablePath, args: ['--no-sandbox'] });
    const [result, opened] = await Promise.all([
      bundle({ entryPoints: ['test/page/page.ts'] }),
      launched,
    ]);
    script = result.outputFiles?.[0]?.text ?? '';
    browser = opened;
  }, 60_000);

  afterAll(() => browser?.close());

  /** A page that has loaded the bundle from a server of its own, which a listener may join. */
  async function openPage() {
    const server = createServer((request, response) => {
      const wanted = request.url === '/page.js';
      response.setHeader('Content-Type', wanted ? 'text/javascript' : 'text/html');
      response.end(wanted ? script : '<script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = (await browser?.newPage()) as Page;
    onTestFinished(async () => {
      await page.close();
      server.closeAllConnections();
      server.close();
    });
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await page.goto(origin);
    await page.waitForFunction('globalThis.busPage !== undefined');
    return { server, page, origin, errors };
  }

  test('a page exchanges messages with a listener on its own server', async () => {
    const { server, page, errors } = await openPage();
    const { transport, host } = await listen({ server, path: '/bus' });
    const answering = host.connections.first(1).then(async ([seen]) => {
      for (const bytes of (await seen?.received.first(100)) ?? []) seen?.connection.send(bytes);
      return seen;
    });
    const came = await call(page, 'exchange', transport.address, 100);
    expect(came).toEqual(Array.from({ length: 100 }, (_, index) => index));
    const seen = await answering;
    expect(seen?.received.all[7]).toEqual(Uint8Array.of(7, 0, 255));
    expect(seen?.connection).toMatchObject({ remote: '127.0.0.1', local: true });
    expect(errors).toEqual([]);
  });

  test('a bus in a page and one in Node are linked', async () => {
    const { server, page, errors } = await openPage();
    const link = transportWs(
      { listen: { server, path: '/bus' } },
      { token: 'secret', receive: ['from.page'], send: ['to.page'] },
    );
    const bus = createBus().use(pubsub()).use(link);
    const heard: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      bus.subscribe('from.page', ({ payload }) => {
        heard.push(payload);
        if (heard.length === 3) resolve();
      });
    });
    await bus.start();
    onTestFinished(() => bus.stop());
    await call(page, 'startBus', link.transport.address);
    // Until the page has said what it wants, nobody gets it.
    while ((await bus.publish('to.page', 1)) === 0) await new Promise(setImmediate);
    await bus.publish('to.page', 2);
    await bus.publish('to.page', 3);
    await all;
    expect(heard).toEqual([2, 4, 6]);
    expect(errors).toEqual([]);
  });

  test('a page gets every payload of the documentation as it was sent, or a refusal with its path', async () => {
    const { server, page, errors } = await openPage();
    const link = transportWs(
      { listen: { server, path: '/bus' } },
      { token: 'secret', receive: ['payload.*'] },
    );
    const bus = createBus({ log: quiet }).use(correlation(), link);
    answerPayloads(bus);
    await bus.start();
    onTestFinished(() => bus.stop({ drainMs: 0 }));
    expect(await call(page, 'payloads', link.transport.address)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('a page of another origin is refused unless it is listed', async () => {
    const { page, origin } = await openPage();
    const { transport, host } = await listen();
    const said = await call(page, 'refusal', transport.address);
    expect(said).toContain('do not list this page');
    expect(host.warnings.all[0]).toContain(origin);
    const { transport: listing } = await listen({ port: 0, origins: [origin] });
    expect(await call(page, 'refusal', listing.address)).toBe('opened');
  });

  test('a page that sends faster than it can is asked to pause, and told to go on', async () => {
    const { server, page } = await openPage();
    const { transport, host } = await listen({ server, path: '/bus' });
    const sent = await call(page, 'fill', transport.address);
    const [seen] = await host.connections.first(1);
    expect(await seen?.received.first(sent)).toHaveLength(sent);
  });

  test('a page is told when the listener has closed', async () => {
    const { server, page } = await openPage();
    const { transport, host } = await listen({ server, path: '/bus' });
    void host.connections.first(1).then(() => transport.close());
    expect(await call(page, 'closed', transport.address)).toContain('closed: Error');
  });

  test('a listener is told when a page has closed, by itself or with its tab', async () => {
    const { server, page } = await openPage();
    const { transport, host } = await listen({ server, path: '/bus' });
    expect(await call(page, 'openAndClose', transport.address)).toBe('told 1 times');
    const [first] = await host.connections.first(1);
    expect(await first?.closed.first(1)).toHaveLength(1);
    expect(await call(page, 'refusal', transport.address)).toBe('opened');
    await page.close();
    const [, second] = await host.connections.first(2);
    expect(await second?.closed.first(1)).toHaveLength(1);
  });
});
