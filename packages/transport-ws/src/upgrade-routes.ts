import type { Buffer } from 'node:buffer';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { optionInvalid } from '@bus/core';

/** What takes a request to leave HTTP, as an HTTP server hands it over. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The paths of one server, behind the one listener it has for all of them. */
interface Routes {
  readonly paths: Map<string, Upgrade>;
  readonly listener: Upgrade;
}

const routesOf = new WeakMap<Server, Routes>();

/** Answers a request with a status and nothing else, and gives the socket up. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  // It may be gone before it has read the answer.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function listenForUpgrades(server: Server): Routes {
  const paths = new Map<string, Upgrade>();
  const listener: Upgrade = (request, socket, head) => {
    const upgrade = paths.get(pathOf(request));
    if (upgrade !== undefined) upgrade(request, socket, head);
    else if (server.listenerCount('upgrade') === 1) refuseUpgrade(socket, 404);
  };
  server.on('upgrade', listener);
  const routes = { paths, listener };
  routesOf.set(server, routes);
  return routes;
}

/**
 * Takes the requests for one path of a server. All paths of a server share one listener, so that they
 * know when a request is nobody's: it is answered 404, unless the user has listeners of their own.
 * @returns what gives the path up; idempotent.
 * @throws BUS_OPTION_INVALID where another transport has the path.
 */
export function addUpgradeRoute(server: Server, path: string, upgrade: Upgrade): () => void {
  const { paths, listener } = routesOf.get(server) ?? listenForUpgrades(server);
  if (paths.has(path))
    throw optionInvalid('listen.path', path, 'a path that no other transport has on this server');
  paths.set(path, upgrade);
  return () => {
    if (paths.get(path) !== upgrade) return;
    paths.delete(path);
    if (paths.size > 0) return;
    server.off('upgrade', listener);
    routesOf.delete(server);
  };
}
