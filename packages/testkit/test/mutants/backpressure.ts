import type { Mutant } from './mutant.ts';
import { mutant } from './mutant.ts';

export const backpressureMutants: readonly Mutant[] = [
  mutant(
    'never calls writable',
    'backpressure: send returns false when much is waiting, and writable follows',
    () => ({
      events: () => ({ writable: () => undefined }),
    }),
  ),
  mutant(
    'never asks for a pause',
    'backpressure: send returns false when much is waiting, and writable follows',
    () => ({
      connection: (inner) => ({
        send(bytes) {
          inner.send(bytes);
          return true;
        },
      }),
    }),
  ),
  mutant(
    'asks for pauses that never end, and does not say so',
    'backpressure: no pause is asked for where none is declared',
    () => ({
      features: { backpressure: false },
      events: () => ({ writable: () => undefined }),
    }),
  ),
  mutant(
    'asks for pauses and does not say so',
    'backpressure: send returns false when much is waiting, and writable follows',
    () => ({
      features: { backpressure: false },
    }),
  ),
  mutant(
    'drops what is sent in spite of false',
    'backpressure: what is sent in spite of false arrives',
    () => {
      let full = false;
      return {
        connection: (inner) => ({
          send(bytes) {
            if (!full) full = !inner.send(bytes);
            return !full;
          },
        }),
        events: (inner) => ({
          writable() {
            full = false;
            inner.writable();
          },
        }),
      };
    },
  ),
  mutant(
    'calls writable whether there is room or not',
    'backpressure: what is under way stays bounded while pauses are kept',
    () => {
      let writable: () => void = () => undefined;
      return {
        connection: (inner) => ({
          send(bytes) {
            if (inner.send(bytes)) return true;
            void Promise.resolve().then(writable);
            return false;
          },
        }),
        events(inner) {
          writable = () => inner.writable();
          return {};
        },
      };
    },
  ),
];
