import { join } from 'node:path';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { expect, it, onTestFinished } from 'vitest';
import { type SocketTarget, transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { quietLog } from './support/host.ts';

const text = 'x'.repeat(16 * 1024);
const limits = { outboxBytes: 1 << 20 };

it('a steady load ends no link, however much has gone over it while its socket was busy', async () => {
  const path = join(await directory(), 'hub.sock');
  const make = (id: string, target: SocketTarget) => {
    const bus = createBus({ id, log: quietLog }).use(
      pubsub(),
      correlation(),
      transportIpc(target, { limits }),
    );
    onTestFinished(() => bus.stop({ drainMs: 0 }));
    return bus;
  };
  const hub = await make('hub', { listen: path }).start();
  hub.handle('echo', async ({ payload }) => payload, { concurrency: 256 });
  const client = await make('client', { connect: path }).start();
  const downs: unknown[] = [];
  client.subscribe('$bus.peer.down', ({ payload }) => void downs.push(payload));
  let left = 1000;
  const ask = async (): Promise<void> => {
    while (left-- > 0) expect(await client.request('echo', text)).toBe(text);
  };
  // All that is under way at once is 4 MiB, of 16 MiB that go over the link each way.
  await Promise.all(Array.from({ length: 256 }, ask));
  expect(downs).toEqual([]);
});
