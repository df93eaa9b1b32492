import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import type { Side } from './support/end.ts';
import { End, pattern } from './support/end.ts';
import { killed, startChild, word } from './support/fixtures.ts';

async function connectedPair(): Promise<{
  listener: End;
  connector: End;
  near: Side;
  far: Side;
  path: string;
}> {
  const path = join(await directory(), 'hub.sock');
  const listener = new End(transportIpc({ listen: path }));
  const connector = new End(transportIpc({ connect: path }));
  await listener.open();
  await connector.open();
  return { listener, connector, near: await connector.side(), far: await listener.side(), path };
}

describe('a socket link', () => {
  it('carries bytes both ways, in order', async () => {
    const { near, far } = await connectedPair();
    near.connection.send(pattern(100_000));
    far.connection.send(pattern(3_000_000));
    await far.received(100_000);
    await near.received(3_000_000);
    expect(Buffer.concat(far.chunks).equals(pattern(100_000))).toBe(true);
    expect(Buffer.concat(near.chunks).equals(pattern(3_000_000))).toBe(true);
  });

  it('is local and says where it leads', async () => {
    const { near, far, path } = await connectedPair();
    for (const { connection } of [near, far]) {
      expect(connection.local).toBe(true);
      expect(connection.remote).toBe(path);
    }
  });

  it('asks for a pause once much is waiting, and says when it has left', async () => {
    const { near, far } = await connectedPair();
    expect(near.connection.send(pattern(1000))).toBe(true);
    expect(near.connection.send(pattern(4_000_000))).toBe(false);
    await near.until(({ calls }) => calls.includes('writable'));
    await far.received(4_001_000);
  });

  it('has flushed when all has left', async () => {
    const { near, far } = await connectedPair();
    near.connection.send(pattern(4_000_000));
    await near.connection.flush();
    near.connection.close();
    await far.closed;
    expect(far.bytes).toBe(4_000_000);
  });

  it('settles a flush that can never be done', async () => {
    const { near, far } = await connectedPair();
    near.connection.send(pattern(8_000_000));
    const flushed = near.connection.flush().catch(() => undefined);
    far.connection.close();
    await flushed;
    await near.closed;
    await near.connection.flush();
  });

  it('tells both sides once of a close, and takes what is sent after', async () => {
    const { near, far } = await connectedPair();
    near.connection.close();
    near.connection.close();
    await near.closed;
    await far.closed;
    near.connection.send(pattern(10));
    far.connection.send(pattern(10));
    await near.connection.flush();
    for (const { calls } of [near, far]) expect(calls).toEqual(['closed']);
  });

  it('can be opened again, at both ends', async () => {
    const { listener, connector, near, far } = await connectedPair();
    await listener.transport.close();
    await near.closed;
    await far.closed;
    await expect(connector.open()).rejects.toThrow('ENOENT');
    await listener.open();
    await connector.open();
    const [again, farAgain] = [await connector.side(1), await listener.side(1)];
    again.connection.send(pattern(5));
    await farAgain.received(5);
  });

  it('sees a killed process, and its path is free for the next at once', async () => {
    const path = join(await directory(), 'hub.sock');
    const child = startChild('echo', [path]);
    expect(await word(child)).toBe('open');
    const connector = new End(transportIpc({ connect: path }));
    await connector.open();
    const side = await connector.side();
    side.connection.send(pattern(70_000));
    await side.received(70_000);
    await killed(child);
    await side.closed;
    await expect(connector.open()).rejects.toThrow('ECONNREFUSED');
    const next = startChild('echo', [path]);
    expect(await word(next)).toBe('open');
    await connector.open();
  });
});

describe('opening', () => {
  it('rejects with the reason of its signal and leaves nothing', async () => {
    const path = join(await directory(), 'hub.sock');
    const reason = new Error('not any more');
    for (const target of [{ listen: path }, { connect: path }]) {
      const end = new End(transportIpc(target));
      await expect(end.open(AbortSignal.abort(reason))).rejects.toBe(reason);
      const controller = new AbortController();
      const opening = end.open(controller.signal);
      controller.abort(reason);
      await expect(opening).rejects.toBe(reason);
    }
    expect(await new End(transportIpc({ listen: path })).open()).toBeUndefined();
  });

  it('ends when the transport is closed meanwhile', async () => {
    const { path } = await connectedPair();
    const connector = new End(transportIpc({ connect: path }));
    const opening = connector.open();
    const refused = expect(opening).rejects.toThrow('closed while');
    await connector.transport.close();
    await refused;
    expect(connector.sides).toEqual([]);
  });

  it('refuses a target that is not exactly one path or port', () => {
    const code = expect.objectContaining({ code: 'BUS_OPTION_INVALID' });
    const wrong: unknown[] = [{}, { listen: '' }, { connect: 7 }, { connect: 'a\0b' }];
    wrong.push({ listen: 'a', connect: 'b' }, { port: null }, { port: {} });
    wrong.push(null, { lisen: 'a' }, { listen: 'a', receive: ['b'] });
    for (const target of wrong) {
      expect(() => transportIpc(target as { listen: string })).toThrow(code);
    }
  });
});

describe('closing a listener', () => {
  it('ends its connections and frees everything', async () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind.includes('Pipe'));
    const { listener, near } = await connectedPair();
    await Promise.all([listener.transport.close(), listener.transport.close()]);
    await near.closed;
    expect(process.getActiveResourcesInfo().filter((kind) => kind.includes('Pipe'))).toEqual(
      before,
    );
  });
});
