import { request } from 'node:http';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { transportWs } from '@bus/transport-ws';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Demo, isAlive, isBuilt } from './support/demo.ts';

describe.skipIf(!isBuilt)('whoever connects as a page does', { timeout: 60_000 }, () => {
  let run: Demo;
  let url: string;

  beforeAll(async () => {
    run = new Demo('--for', 'forever', '--no-chaos', '--dir', import.meta.dirname);
    url = await run.page();
  }, 60_000);

  afterAll(() => run.kill());

  test('may ask for reports, and for nothing that changes the program', async () => {
    const { host } = new URL(url);
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
    const bus = new URL('bus', url);
    const statusFor = (origin: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
          Origin: origin,
        };
        const asked = request(bus, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.once('upgrade', (answer, socket) => {
          socket.destroy();
          resolve(answer.statusCode);
        });
        asked.once('error', reject).end();
      });
    expect(await statusFor(bus.origin)).toBe(101);
    expect(await statusFor('https://example.com')).toBe(403);
    expect(await statusFor('null')).toBe(403);
  });

  test('gets the figures of each process in the format of Prometheus', async () => {
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

  test('cannot have its port twice', async () => {
    const { port } = new URL(url);
    const second = new Demo('--port', port, '--dir', import.meta.dirname);
    onTestFinished(() => second.kill());
    expect(await second.exit).toBe(2);
    expect(second.errors).toContain(`--port ${port}: cannot be had (EADDRINUSE)`);
  });

  test('is alone once the program is killed: no process outlives the one that started it', async () => {
    const pids = await Promise.all(
      ['capture', 'storage', 'analysis-1', 'analysis-2', 'advisor'].map((id) => run.pidOf(id)),
    );
    run.child.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 5000);
  });
});
