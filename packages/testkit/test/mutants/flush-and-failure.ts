import type { Mutant } from './mutant.ts';
import { mutant } from './mutant.ts';

export const flushMutants: readonly Mutant[] = [
  mutant(
    'resolves flush at once',
    'flush: what was sent before it survives a close after it',
    () => ({
      connection: () => ({ flush: async () => undefined }),
    }),
  ),
  mutant('never resolves flush where nothing waits', 'flush: resolves where nothing waits', () => {
    let sent = false;
    return {
      connection: (inner) => ({
        send(bytes) {
          sent = true;
          return inner.send(bytes);
        },
        flush: () => (sent ? inner.flush() : new Promise(() => undefined)),
      }),
    };
  }),
  mutant(
    'never resolves flush once it is closed',
    'flush: settles on a connection that is gone',
    () => {
      let closed = false;
      return {
        connection: (inner) => ({
          flush: () => (closed ? new Promise(() => undefined) : inner.flush()),
          close() {
            closed = true;
            inner.close();
          },
        }),
      };
    },
  ),
  mutant(
    'forgets who waits for a flush',
    'flush: settles when the connection is lost meanwhile',
    ({ env }) => {
      let closed = false;
      return {
        connection: (inner) => ({
          async flush() {
            await inner.flush();
            await new Promise<void>((resolve) => env().setTurn(resolve));
            if (closed) await new Promise(() => undefined);
          },
        }),
        events: (inner) => ({
          closed(error) {
            closed = true;
            inner.closed(error);
          },
        }),
      };
    },
  ),
  mutant('throws from send once it is closed', 'failure: send after closed does not throw', () => {
    let closed = false;
    return {
      connection: (inner) => ({
        send(bytes) {
          if (closed) throw new Error('closed');
          return inner.send(bytes);
        },
      }),
      events: (inner) => ({
        closed(error) {
          closed = true;
          inner.closed(error);
        },
      }),
    };
  }),
  mutant(
    'tells nobody that it was cut',
    'failure: a cut in the middle of sends is told as closed',
    () => ({
      events(inner) {
        return { closed: (error) => (error === undefined ? inner.closed() : undefined) };
      },
    }),
  ),
];
