import { createServer, type Server } from 'node:http';
import { optionInvalid } from '@bus/core';

/** What an HTTP server of ours is bounded by. */
export interface OwnServerLimits {
  /** TCP connections, whatever they have said so far. */
  readonly connections: number;
  /** Within which a request must have been sent. */
  readonly requestMs: number;
}

/** An HTTP server that serves nothing but WebSockets. */
export function ownServer(limits: OwnServerLimits): Server {
  const server = createServer(
    {
      maxHeaderSize: 8192,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      // Node looks for late requests this often, so it bounds how much later than that they are cut.
      connectionsCheckingInterval: Math.min(1000, limits.requestMs),
    },
    (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket', 'Content-Length': 0 });
      response.end();
    },
  );
  server.maxConnections = limits.connections;
  return server;
}

const addressErrors = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND']);

/** @throws BUS_OPTION_INVALID where the address cannot be had; the platform's error is the cause. */
export async function listenOn(server: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !addressErrors.has(code)) throw error;
    throw optionInvalid(
      'listen',
      `${host}:${port} (${code})`,
      'a port that is free, at an address this machine has; port 0 takes a free one',
      error,
    );
  }
}

/** Stops listening and drops what has not become a WebSocket. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
