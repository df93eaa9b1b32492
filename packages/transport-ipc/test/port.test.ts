import { once } from 'node:events';
import { MessageChannel, markAsUntransferable } from 'node:worker_threads';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { WebPort } from '../src/index.ts';
import { transportIpc } from '../src/index.ts';
import type { Side } from './support.ts';
import { bundled, End, killed, pattern, startChild, startWorker, word } from './support.ts';

let echo: string;
beforeAll(async () => {
  const bundle = await bundled('echo');
  echo = bundle.file;
  return () => bundle.remove();
});

async function opened(end: End): Promise<Side> {
  await end.open();
  return end.side();
}

/** Sends bytes to the fixture and waits for them to come back. */
async function bounce(side: Side, bytes: Uint8Array): Promise<void> {
  const expected = Buffer.from(bytes);
  side.connection.send(bytes);
  await side.received(expected.byteLength);
  expect(Buffer.concat(side.chunks).equals(expected)).toBe(true);
}

async function channelPair(): Promise<{ left: End; right: End; near: Side; far: Side }> {
  const { port1, port2 } = new MessageChannel();
  const left = new End(transportIpc({ port: port1 }));
  const right = new End(transportIpc({ port: port2 }));
  const [near, far] = await Promise.all([opened(left), opened(right)]);
  return { left, right, near, far };
}

describe('a message channel', () => {
  it('carries what one send was given as one message', async () => {
    const { near, far } = await channelPair();
    const lengths = [0, 1, 1000, 65_536, 3];
    for (const length of lengths) near.connection.send(pattern(length));
    await far.until(({ chunks }) => chunks.length === lengths.length);
    expect(far.chunks.map(({ byteLength }) => byteLength)).toEqual(lengths);
    expect(Buffer.from(far.chunks[3] ?? []).equals(pattern(65_536))).toBe(true);
  });

  it('moves whole memory, and copies parts, shared and immovable memory', async () => {
    const { near, far } = await channelPair();
    const whole = pattern(50_000_000);
    const part = pattern(1000).subarray(10, 20);
    const pooled = Buffer.from('pooled');
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
    const untransferable = new Uint8Array(100);
    markAsUntransferable(untransferable.buffer);
    for (const bytes of [whole, part, pooled, shared, untransferable]) near.connection.send(bytes);
    await far.until(({ chunks }) => chunks.length === 5);
    expect(whole.byteLength).toBe(0);
    expect([part, pooled, shared, untransferable].map(({ byteLength }) => byteLength)).toEqual([
      10, 6, 8, 100,
    ]);
    expect(far.chunks.map(({ buffer }) => buffer.byteLength)).toEqual([50_000_000, 10, 6, 8, 100]);
    shared.fill(0);
    expect([...(far.chunks[3] ?? [])]).toEqual(Array(8).fill(7));
  });

  it('closes at both ends, once', async () => {
    const { left, near, far } = await channelPair();
    await Promise.all([left.transport.close(), left.transport.close()]);
    await far.closed;
    near.connection.send(pattern(3));
    await near.connection.flush();
    far.connection.close();
    for (const { calls } of [near, far]) expect(calls).toEqual(['closed']);
  });

  it('is open once', async () => {
    const { left } = await channelPair();
    await left.transport.close();
    await expect(left.open()).rejects.toThrow('opened before');
  });

  it('loses nothing that was sent before a close', async () => {
    const { near, far } = await channelPair();
    for (let i = 0; i < 100; i++) near.connection.send(pattern(1000));
    await near.connection.flush();
    near.connection.close();
    await far.closed;
    expect(far.bytes).toBe(100_000);
  });

  it('sees the other port close without a word', async () => {
    const { port1, port2 } = new MessageChannel();
    const left = new End(transportIpc({ port: port1 }));
    const opening = left.open();
    port2.close();
    await expect(opening).rejects.toThrow('before the link was up');
  });

  it('ends an open that is aborted, and tells the other end if that had heard of it', async () => {
    const { port1, port2 } = new MessageChannel();
    const left = new End(transportIpc({ port: port1 }));
    const right = new End(transportIpc({ port: port2 }));
    const controller = new AbortController();
    const opening = left.open(controller.signal);
    const reason = new Error('waited enough');
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(left.sides).toEqual([]);
    const settled = await Promise.allSettled([right.open()]);
    if (settled[0]?.status === 'fulfilled') await (await right.side()).closed;
    expect(port1.listenerCount('message')).toBe(0);
  });

  it('leaves messages alone that are not its own', async () => {
    const { port1, port2 } = new MessageChannel();
    const heard: unknown[] = [];
    port2.on('message', (message) => heard.push(message));
    const left = new End(transportIpc({ port: port1 }));
    const right = new End(transportIpc({ port: port2 }));
    const [near, far] = await Promise.all([opened(left), opened(right)]);
    const strange: unknown[] = [null, 7, 'text', {}, { '@bus/transport-ipc': 'data' }];
    strange.push({ '@bus/transport-ipc': 'what', from: '1', to: '', bytes: new Uint8Array(1) });
    strange.push({ '@bus/transport-ipc': 'data', from: '1', to: '', bytes: new Uint8Array(1) });
    strange.push({ '@bus/transport-ipc': 'bye', from: '1', to: '', bytes: new Uint8Array(1) });
    for (const message of strange) port1.postMessage(message);
    near.connection.send(pattern(5));
    await far.received(5);
    expect(far.calls).toEqual(['receive']);
    expect(heard).toEqual(expect.arrayContaining(strange));
  });

  it('works with ports that have only what the web has', async () => {
    const { port1, port2 } = new MessageChannel();
    type Listener = (event: object) => void;
    const web = (port: typeof port1): WebPort => ({
      postMessage: (message, transfer) => port.postMessage(message, transfer),
      addEventListener: (event, listener) => port.addEventListener(event, listener as Listener),
      removeEventListener: (event, listener) =>
        port.removeEventListener(event, listener as Listener),
      start: () => port.start(),
      close: () => port.close(),
    });
    const left = new End(transportIpc({ port: web(port1) }));
    const right = new End(transportIpc({ port: web(port2) }));
    const [near, far] = await Promise.all([opened(left), opened(right)]);
    near.connection.send(pattern(5));
    await far.received(5);
    await left.transport.close();
    await far.closed;
  });
});

describe('a worker thread', () => {
  it('links when this end comes first', async () => {
    const end = new End(transportIpc({ port: startWorker(echo) }));
    const side = await opened(end);
    expect(side.connection.remote).toMatch(/^worker \d+$/);
    await bounce(side, pattern(300_000));
  });

  it('links when the worker comes first', async () => {
    const worker = startWorker(echo);
    await once(worker, 'online');
    worker.postMessage('heard');
    expect(await word(worker)).toBe('heard 0');
    await bounce(await opened(new End(transportIpc({ port: worker }))), pattern(10));
  });

  it('gets 50 MB that are moved there and back', async () => {
    const side = await opened(new End(transportIpc({ port: startWorker(echo) })));
    const bytes = new Uint8Array(50_000_000).fill(9);
    side.connection.send(bytes);
    expect(bytes.byteLength).toBe(0);
    await side.received(50_000_000);
    expect(side.chunks).toHaveLength(1);
  });

  it('is seen to end', async () => {
    const worker = startWorker(echo);
    const side = await opened(new End(transportIpc({ port: worker })));
    await worker.terminate();
    await side.closed;
    await expect(opened(new End(transportIpc({ port: worker })))).rejects.toThrow('before');
  });

  it('goes on when its link is closed, and hears of it', async () => {
    const worker = startWorker(echo);
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
    const worker = startWorker(echo);
    const side = await opened(new End(transportIpc({ port: worker })));
    worker.postMessage('close');
    await side.closed;
  });
});

describe.each(['json', 'advanced'] as const)('a child process, serialization %s', (how) => {
  it('links when this end comes first', async () => {
    const child = startChild(echo, [], how);
    const side = await opened(new End(transportIpc({ port: child })));
    expect(side.connection.remote).toBe(`process ${child.pid}`);
    await bounce(side, pattern(300_000));
  });

  it('links when the child comes first, which hears nothing but its own', async () => {
    const child = startChild(echo, [], how);
    child.send('heard');
    expect(await word(child)).toBe('heard 0');
    const side = await opened(new End(transportIpc({ port: child })));
    await bounce(side, pattern(10));
  });

  it('is seen to be killed, with a flush under way', async () => {
    const child = startChild(echo, [], how);
    const side = await opened(new End(transportIpc({ port: child })));
    child.kill('SIGSTOP');
    side.connection.send(pattern(8_000_000));
    const flushed = side.connection.flush();
    await killed(child);
    await side.closed;
    await flushed;
    side.connection.send(pattern(10));
    await side.connection.flush();
    expect(side.calls).toEqual(['closed']);
    await expect(opened(new End(transportIpc({ port: child })))).rejects.toThrow('before');
  });

  it('asks for a pause once much is waiting, and says when it has left', async () => {
    const side = await opened(new End(transportIpc({ port: startChild(echo, [], how) })));
    expect(side.connection.send(pattern(1000))).toBe(true);
    expect(side.connection.send(pattern(1_000_000))).toBe(false);
    await side.until(({ calls }) => calls.includes('writable'));
    await side.connection.flush();
    await side.received(1_001_000);
  });

  it('goes on when its link is closed, and hears of it', async () => {
    const child = startChild(echo, [], how);
    const end = new End(transportIpc({ port: child }));
    await end.open();
    expect(await word(child)).toBe('open');
    const messages = child.listenerCount('message');
    await end.transport.close();
    expect(await word(child)).toBe('link closed');
    expect(child.connected).toBe(true);
    expect(child.listenerCount('message')).toBe(messages - 1);
  });
});

describe('this process', () => {
  it('is refused where it has no parent to talk to', () => {
    const { send } = process;
    onTestFinished(() => {
      if (send) process.send = send;
    });
    delete process.send;
    expect(() => transportIpc({ port: process })).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  });
});
