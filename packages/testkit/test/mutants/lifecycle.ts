import type { Mutant } from './mutant.ts';
import { mutant } from './mutant.ts';

export const lifecycleMutants: readonly Mutant[] = [
  mutant(
    'has no maxSendBytes in its manifest that makes sense',
    'lifecycle: the manifest is complete, and the same at both ends',
    () => ({
      features: { maxSendBytes: Number.NaN },
    }),
  ),
  mutant('calls connected late', 'lifecycle: opens, and has connected by then', () => ({
    async open(inner, host, signal) {
      const late = { ...host, connected: host.connected };
      if (inner.role === 'listen') return inner.open(late, signal);
      host.env.setTurn(() => void inner.open(late, signal).catch(() => undefined));
    },
  })),
  mutant(
    'never settles a second close',
    'lifecycle: close ends what is open, however often it is called',
    () => {
      let closed = false;
      return {
        close(inner) {
          if (closed) return new Promise(() => undefined);
          closed = true;
          return inner.close();
        },
      };
    },
  ),
  mutant(
    'cannot close what was not opened',
    'lifecycle: closes before it was opened',
    ({ env }) => ({
      async close(inner) {
        env();
        await inner.close();
      },
    }),
  ),
  mutant(
    'goes on opening when it is closed',
    'lifecycle: closing while it opens leaves nothing open',
    () => {
      let opening: Promise<void> | undefined;
      return {
        open: (inner, host, signal) => {
          opening = new Promise<void>((resolve) => host.env.setTurn(resolve)).then(() =>
            inner.open(host, signal),
          );
          return opening;
        },
      };
    },
  ),
  mutant('looks at no signal', 'lifecycle: does not open with a signal that has aborted', () => ({
    open: (inner, host) => inner.open(host, new AbortController().signal),
  })),
  mutant(
    'hangs when it is aborted',
    'lifecycle: an abort while it opens leaves nothing open',
    () => ({
      open: (inner, host, signal) =>
        inner.open(host, signal).catch((error) => {
          if (signal.aborted) return new Promise(() => undefined);
          throw error;
        }),
    }),
  ),
  mutant('swallows the error of opening', 'lifecycle: does not open where nobody listens', () => ({
    open: (inner, host, signal) =>
      inner.open(host, signal).catch((error) => {
        if (signal.aborted) throw error;
      }),
  })),
];
