import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from './options.ts';

const host = '127.0.0.1';
/** Built beside this file. */
const folder = new URL('./page/', import.meta.url);

const files = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { path: '/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
];

/** The text format of Prometheus. */
const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

interface Content {
  readonly type: string;
  readonly content: Buffer | string;
}

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** The server of the page; the link of the page's bus joins it. */
export interface PageServer {
  readonly server: Server;
  readonly url: string;
  /** Served as `/metrics` and `/metrics/NAME`; to be set when there are any. */
  metrics: (name: string | undefined) => Promise<string | undefined>;
  close(): void;
}

/**
 * Serves the page to browsers on this machine.
 * @param port - 0 takes a free one.
 * @throws UsageError where the port cannot be had
 */
export async function servePage(port: number): Promise<PageServer> {
  const pages = new Map<string, Content>();
  for (const { path, file, type } of files) {
    pages.set(path, { type, content: await readFile(new URL(file, folder)) });
  }
  const find = async (path: string): Promise<Content | undefined> => {
    const [, isMetrics, name] = /^(\/metrics)(?:\/([\w-]+))?$/.exec(path) ?? [];
    if (isMetrics === undefined) return pages.get(path);
    const content = await served.metrics(name);
    return content === undefined ? undefined : { type: metricsType, content };
  };
  const server = createServer(async ({ method, url = '' }, response) => {
    try {
      const found = await find(url);
      const status = found === undefined ? 404 : method === 'GET' || method === 'HEAD' ? 200 : 405;
      if (found === undefined || status !== 200) response.writeHead(status, headers).end();
      else
        response.writeHead(status, { ...headers, 'Content-Type': found.type }).end(found.content);
    } catch (error) {
      response.writeHead(500, headers).end(`${(error as Error).message}\n`);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(
        new UsageError(`--port ${port}: cannot be had (${code}); leave it out for a free one`),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const served: PageServer = {
    server,
    url: `http://${host}:${taken}/`,
    metrics: () => Promise.resolve(undefined),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return served;
}
