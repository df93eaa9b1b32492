import type { Mutant } from './mutant.ts';
import { mutant } from './mutant.ts';

export const connectionMutants: readonly Mutant[] = [
  mutant(
    'loses what is sent at once',
    'connections: what is sent at once, inside connected, is not lost',
    ({ env }) => ({
      connection(inner) {
        let ready = false;
        env().setTurn(() => {
          ready = true;
        });
        return { send: (bytes) => (ready ? inner.send(bytes) : true) };
      },
    }),
  ),
  mutant('tells of closed twice', 'connections: closed follows close, exactly once', () => ({
    events: (inner) => ({
      closed(error) {
        inner.closed(error);
        inner.closed(error);
      },
    }),
  })),
  mutant(
    'does not tell of closed to who closes',
    'connections: closed follows close, exactly once',
    () => {
      let closing = false;
      return {
        connection: (inner) => ({
          close() {
            closing = true;
            inner.close();
          },
        }),
        events: (inner) => ({
          closed(error) {
            if (!closing) inner.closed(error);
          },
        }),
      };
    },
  ),
  mutant('delivers after closed', 'connections: nothing is received after closed', ({ env }) => ({
    events(inner) {
      let last: Uint8Array | undefined;
      return {
        receive(bytes) {
          last = bytes;
          inner.receive(bytes);
        },
        closed(error) {
          inner.closed(error);
          const bytes = last;
          if (bytes !== undefined) env().setTurn(() => inner.receive(bytes));
        },
      };
    },
  })),
  mutant('keeps a close from the far end', 'connections: the far end learns of a close', () => {
    let own = false;
    return {
      close(inner) {
        own = true;
        return inner.close();
      },
      connection: (inner) => ({
        close() {
          own = true;
          inner.close();
        },
      }),
      events: (inner) => ({ closed: (error) => (own ? inner.closed(error) : undefined) }),
    };
  }),
  mutant(
    'detects a close and does not say so',
    'connections: the far end learns of a close',
    () => ({
      features: { detectsClose: false },
    }),
  ),
  mutant(
    "closes a listener's connections together",
    'connections: one listener serves many, and each is closed alone',
    () => {
      const open = new Set<{ close(): void }>();
      return {
        connection(inner) {
          open.add(inner);
          return {};
        },
        events: (inner) => ({
          closed(error) {
            inner.closed(error);
            for (const connection of open) connection.close();
          },
        }),
      };
    },
  ),
];
