import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { transportWs } from '@bus/transport-ws';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

function findChromium() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const running = [];

/** Starts the program; resolves to it and the address of its page. */
async function start(port = 0) {
  const program = fork(fileURLToPath(new URL('../dist/main.js', import.meta.url)), {
    env: { ...process.env, PORT: String(port) },
    silent: true,
  });
  running.push(program);
  const [printed] = await once(program.stdout, 'data');
  return { program, url: String(printed).trim() };
}

async function end(program, signal = 'SIGTERM') {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = once(program, 'exit');
  program.kill(signal);
  await ended;
}

after(() => Promise.all(running.map((program) => end(program, 'SIGKILL'))));

test('whoever connects may call what is exported, and nothing else', async () => {
  const { program, url } = await start();
  const bus = await createBus({ log: { ...console, warn: () => undefined } })
    .use(pubsub(), correlation(), transportWs({ connect: `${url.replace('http', 'ws')}bus` }))
    .start();
  assert.match(await bus.request('process.about', { detail: 'short' }), /^process \d+$/);
  await assert.rejects(bus.notify('process.exit', undefined), { code: 'BUS_NO_ROUTE' });
  assert.equal(program.exitCode, null);
  await bus.stop();
  await end(program);
});

test('the script of the page has less than 72 kB, compressed', () => {
  const script = readFileSync(new URL('../dist/page/page.js', import.meta.url));
  assert.ok(brotliCompressSync(script).length < 72_000);
});

const executablePath = findChromium();
const skip = executablePath === undefined ? 'there is no Chromium on the PATH' : false;

test('in Chromium', { skip, timeout: 60_000 }, async (t) => {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  t.after(() => browser.close());

  await t.test('the page shows figures and has its question answered', async () => {
    const { program, url } = await start();
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    await page.locator('#memory', { hasText: /^\d+$/ }).waitFor();
    await page.locator('#loop', { hasText: /^\d+$/ }).waitFor();
    await page.locator('#ask').click();
    await page.locator('#answer', { hasText: `process ${program.pid}, Node v` }).waitFor();
    assert.deepEqual(errors, []);
    await page.close();
    await end(program);
  });

  await t.test('the page is linked again when the program is back', async () => {
    const { program, url } = await start();
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('#status', { hasText: /^connected$/ }).waitFor();
    await end(program);
    await page.locator('#status', { hasText: 'disconnected' }).waitFor();
    const again = await start(Number(new URL(url).port));
    await page.locator('#status', { hasText: /^connected$/ }).waitFor();
    await page.locator('#ask').click();
    await page.locator('#answer', { hasText: `process ${again.program.pid}` }).waitFor();
    await page.close();
    await end(again.program);
  });
});
