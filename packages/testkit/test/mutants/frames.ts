import type { Mutant } from './mutant.ts';
import { mutant } from './mutant.ts';

const order = 'order: 10,000 sends arrive complete and in order, both ways at once';

export const frameMutants: readonly Mutant[] = [
  mutant('drops one send in a hundred', order, () => {
    let count = 0;
    return {
      connection: (inner) => ({
        send: (bytes) => (++count % 100 === 0 ? true : inner.send(bytes)),
      }),
    };
  }),
  mutant('swaps two sends now and then', order, () => {
    let count = 0;
    let late: Uint8Array | undefined;
    return {
      connection: (inner) => ({
        send(bytes) {
          if (++count % 300 === 0 && late === undefined) {
            late = bytes;
            return true;
          }
          const room = inner.send(bytes);
          const held = late;
          late = undefined;
          return held === undefined ? room : inner.send(held);
        },
      }),
    };
  }),
  mutant('sends twice now and then', order, () => {
    let count = 0;
    return {
      connection: (inner) => ({
        send(bytes) {
          if (++count % 500 === 0) inner.send(bytes);
          return inner.send(bytes);
        },
      }),
    };
  }),
  mutant(
    'truncates what is large',
    'frames: 1 byte, 64 KiB and 1 MiB arrive as they were sent',
    () => ({
      connection: (inner) => ({ send: (bytes) => inner.send(bytes.subarray(0, 100_000)) }),
    }),
  ),
  mutant('stops at an empty send', 'frames: an empty send harms nothing', () => ({
    connection: (inner) => ({
      send(bytes) {
        if (bytes.length > 0) return inner.send(bytes);
        inner.close();
        return false;
      },
    }),
  })),
  mutant(
    'masks what it sends in place',
    'frames: what was sent is not changed, nor what lies beside it',
    () => ({
      connection: (inner) => ({
        send(bytes) {
          const room = inner.send(bytes.slice());
          for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ 0x5a;
          return room;
        },
      }),
    }),
  ),
  mutant(
    'receives into one buffer again and again',
    'frames: what was received stays as it was',
    () => {
      const buffer = new Uint8Array(65_536);
      return {
        events: (inner) => ({
          receive(bytes) {
            buffer.set(bytes);
            inner.receive(buffer.subarray(0, bytes.length));
          },
        }),
      };
    },
  ),
  mutant(
    'joins messages',
    'frames: one send is one receive',
    () => ({ features: { framing: 'message' } }),
    { framing: 'stream' },
  ),
  mutant(
    'takes less than its maxSendBytes',
    'frames: takes as much as maxSendBytes',
    () => ({ features: { maxSendBytes: 2000 } }),
    { maxSendBytes: 1999 },
  ),
  mutant(
    'takes more than its maxSendBytes',
    'frames: more than maxSendBytes closes the connection',
    () => ({ features: { maxSendBytes: 2000 } }),
  ),
  mutant('says that it moves memory', 'frames: memory given to send moves', () => ({
    features: { transfers: true },
  })),
  mutant('moves memory and does not say so', 'frames: memory given to send moves', () => ({
    connection: (inner) => ({
      send: (bytes) =>
        inner.send(structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })),
    }),
  })),
];
