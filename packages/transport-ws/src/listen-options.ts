import type { Server } from 'node:http';
import { checkOptions, optionInvalid } from '@bus/core';
import type { ListenOptions } from './options.ts';
import { type OriginRule, originRule } from './origins.ts';

/** Where to listen, checked. */
export interface ListenPlan {
  /** The user's own server, or the address for one of ours. */
  readonly at: Server | { readonly port: number; readonly host: string };
  readonly path: string;
  readonly admits: OriginRule;
}

const known = [
  'port',
  'host',
  'server',
  'path',
  'origins',
] as const satisfies readonly (keyof ListenOptions)[];

/** Tells the user's server from an address. */
export function isServer(at: ListenPlan['at']): at is Server {
  return 'on' in at;
}

function checkedPath(path: unknown): string {
  if (typeof path !== 'string' || !/^\/[^\s?#]*$/.test(path))
    throw optionInvalid('listen.path', path, "a path such as '/bus', without query");
  return path;
}

function checkedServer(server: unknown, listen: ListenOptions): Server {
  const { on, off, address, listenerCount } = (server ?? {}) as Partial<Server>;
  if ([on, off, address, listenerCount].some((method) => typeof method !== 'function'))
    throw optionInvalid('listen.server', server, 'a server of node:http or node:https');
  if (listen.port !== undefined || listen.host !== undefined)
    throw optionInvalid('listen.server', server, '`server`, or `port` and `host`, but not both');
  return server as Server;
}

function checkedPort(port: unknown): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535)
    return port;
  throw optionInvalid('listen.port', port, 'a port from 0 to 65535, or a `server`');
}

function checkedHost(host: unknown): string {
  if (typeof host !== 'string' || host === '')
    throw optionInvalid('listen.host', host, "an address such as '127.0.0.1' or '0.0.0.0'");
  return host;
}

/** @throws BUS_OPTION_INVALID */
export function listenPlan(listen: ListenOptions): ListenPlan {
  checkOptions('listen', listen, known);
  return {
    at:
      listen.server === undefined
        ? { port: checkedPort(listen.port), host: checkedHost(listen.host ?? '127.0.0.1') }
        : checkedServer(listen.server, listen),
    path: checkedPath(listen.path ?? '/'),
    admits: originRule(listen.origins),
  };
}
