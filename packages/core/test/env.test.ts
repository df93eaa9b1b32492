import { afterEach, expect, test, vi } from 'vitest';
import { platformEnv } from '../src/index.ts';

const ports: { close(): void }[] = [];

afterEach(() => {
  vi.unstubAllGlobals();
  for (const port of ports.splice(0)) port.close();
});

/** A platform without `setImmediate`, as browsers are. */
function asInBrowsers(): void {
  const Channel = globalThis.MessageChannel;
  vi.stubGlobal('setImmediate', undefined);
  vi.stubGlobal(
    'MessageChannel',
    class extends Channel {
      constructor() {
        super();
        ports.push(this.port1, this.port2);
      }
    },
  );
}

test('a later turn comes by a message where there is no setImmediate, since hidden tabs hold timers back', async () => {
  asInBrowsers();
  vi.stubGlobal('setTimeout', () => {
    throw new Error('a timer');
  });
  const { setTurn } = platformEnv();
  const order: string[] = [];
  const last = new Promise<void>((resolve) => {
    setTurn(() => void order.push('first'));
    setTurn(() => {
      order.push('second');
      resolve();
    });
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  await last;
  expect(order).toEqual(['first', 'second']);
});
