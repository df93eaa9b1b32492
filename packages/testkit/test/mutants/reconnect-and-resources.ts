import type { Server } from 'node:net';
import { createServer } from 'node:net';
import type { Mutant } from './mutant.ts';
import { inRealTime, mutant } from './mutant.ts';

const servers = new Set<Server>();

/** Closes what the mutants that leak have left open. */
export function closeLeaked(): void {
  for (const server of servers) server.close();
  servers.clear();
}

export const sessionMutants: readonly Mutant[] = [
  mutant(
    'reconnects and does not say so',
    'reconnect: opens again after the connection was lost, in order and without the old bytes',
    () => ({
      features: { reconnect: false },
    }),
  ),
  mutant(
    'cannot be opened again',
    'reconnect: opens again after the connection was lost, in order and without the old bytes',
    () => {
      let used = false;
      return {
        async open(inner, host, signal) {
          if (used && inner.role === 'connect') throw new Error('used up');
          used = true;
          await inner.open(host, signal);
        },
      };
    },
  ),
  mutant(
    'delivers old bytes in the next session',
    'reconnect: opens again after the connection was lost, in order and without the old bytes',
    () => {
      let old: Uint8Array | undefined;
      return {
        connection(inner) {
          const left = old;
          old = undefined;
          let first = true;
          return {
            send(bytes) {
              old = bytes;
              if (first && left !== undefined) inner.send(left);
              first = false;
              return inner.send(bytes);
            },
          };
        },
      };
    },
  ),
  mutant('leaves a timer behind', 'resources: no timer is left after close', () => ({
    open(inner, host, signal) {
      host.env.setTimer(() => undefined, 60_000);
      return inner.open(host, signal);
    },
  })),
  inRealTime(
    mutant(
      'leaves a socket behind',
      'resources: opened and closed 50 times, nothing is left open',
      () => ({
        async open(inner, host, signal) {
          const server = createServer();
          servers.add(server);
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          await inner.open(host, signal);
        },
      }),
    ),
  ),
];
