import { MessageChannel, markAsUntransferable } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { WebPort } from '../src/index.ts';
import { transportIpc } from '../src/index.ts';
import type { Side } from './support/end.ts';
import { End, opened, pattern } from './support/end.ts';

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
