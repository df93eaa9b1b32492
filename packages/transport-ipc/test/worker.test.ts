import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { End, opened, pattern } from './support/end.ts';
import { bounce, startWorker, word } from './support/fixtures.ts';

describe('a worker thread', () => {
  it('links when this end comes first', async () => {
    const end = new End(transportIpc({ port: startWorker('echo') }));
    const side = await opened(end);
    expect(side.connection.remote).toMatch(/^worker \d+$/);
    await bounce(side, pattern(300_000));
  });

  it('links when the worker comes first', async () => {
    const worker = startWorker('echo');
    await once(worker, 'online');
    worker.postMessage('heard');
    expect(await word(worker)).toBe('heard 0');
    await bounce(await opened(new End(transportIpc({ port: worker }))), pattern(10));
  });

  it('gets 50 MB that are moved there and back', async () => {
    const side = await opened(new End(transportIpc({ port: startWorker('echo') })));
    const bytes = new Uint8Array(50_000_000).fill(9);
    side.connection.send(bytes);
    expect(bytes.byteLength).toBe(0);
    await side.received(50_000_000);
    expect(side.chunks).toHaveLength(1);
  });

  it('is seen to end', async () => {
    const worker = startWorker('echo');
    const side = await opened(new End(transportIpc({ port: worker })));
    await worker.terminate();
    await side.closed;
    await expect(opened(new End(transportIpc({ port: worker })))).rejects.toThrow('before');
  });

  // Nobody else listens for it here, so unheard it would end the test run.
  it('that ends by an error it did not catch ends its link, and nothing else', async () => {
    const worker = startWorker('echo');
    const end = new End(transportIpc({ port: worker }));
    const side = await opened(end);
    worker.postMessage('throw');
    await side.closed;
    expect(side.error).toMatchObject({
      message: expect.stringMatching(/^worker \d+ ended by an error it did not catch: out of ink$/),
      cause: { message: 'out of ink' },
    });
    expect(worker.listenerCount('error')).toBe(0);
  });

  it('that throws before it links fails the start with what it threw', async () => {
    const worker = new Worker("throw new Error('no ink')", { eval: true });
    await expect(opened(new End(transportIpc({ port: worker })))).rejects.toMatchObject({
      cause: { message: 'no ink' },
    });
  });

  it('goes on when its link is closed, and hears of it', async () => {
    const worker = startWorker('echo');
    const end = new End(transportIpc({ port: worker }));
    await end.open();
    expect(await word(worker)).toBe('open');
    await end.transport.close();
    expect(await word(worker)).toBe('link closed');
    // The test's own listener is one of them.
    expect(worker.listenerCount('message')).toBe(1);
    expect(worker.listenerCount('exit')).toBe(0);
  });

  it('can close its end', async () => {
    const worker = startWorker('echo');
    const side = await opened(new End(transportIpc({ port: worker })));
    worker.postMessage('close');
    await side.closed;
  });
});
