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
  close(): void;
}

/**
 * Serves the page to browsers on this machine.
 * @param port - 0 takes a free one.
 * @throws UsageError where the port cannot be had
 */
export async function servePage(port: number): Promise<PageServer> {
  const pages = new Map<string, { type: string; content: Buffer }>();
  for (const { path, file, type } of files) {
    pages.set(path, { type, content: await readFile(new URL(file, folder)) });
  }
  const server = createServer(({ method, url }, response) => {
    const page = pages.get(url ?? '');
    if (page === undefined || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(page === undefined ? 404 : 405, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': page.type }).end(page.content);
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
  return {
    server,
    url: `http://${host}:${taken}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
