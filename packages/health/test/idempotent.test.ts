import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { never, quiet } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench } from './support/bench.ts';
import { FakePeer } from './support/fake-link.ts';

/** Peers that offer a handler each, which never answers. */
function mutePeers(t: Bench, count: number): FakePeer[] {
  return Array.from({ length: count }, (_, i) => {
    const peer = new FakePeer(t.host, `mute${i}`);
    peer.tell('up');
    peer.offer('q', never, { priority: 10 - i });
    return peer;
  });
}

const again = { idempotent: true };

describe('a request whose peer is lost before it answers', () => {
  it('fails, since nobody knows what has become of it', async () => {
    const t = await bench();
    const [peer] = mutePeers(t, 1);
    t.bus.handle('q', () => 'here');
    const asked = t.ask('q');
    peer?.lose();
    expect(await asked).toBe('CORRELATION_PEER_GONE');
    expect(t.inspect().repeated).toBe(0);
  });

  it('is asked again elsewhere where it is idempotent', async () => {
    const t = await bench();
    const [peer] = mutePeers(t, 1);
    const attempts: number[] = [];
    t.bus.handle('q', ({ attempt }) => {
      attempts.push(attempt);
      return 'here';
    });
    const asked = t.ask('q', again);
    peer?.lose();
    await t.env.settle();
    expect(await asked).toBe('here');
    expect(attempts).toEqual([2]);
    expect(t.inspect().repeated).toBe(1);
  });

  it('fails as it did where nobody else is there', async () => {
    const t = await bench();
    const [peer] = mutePeers(t, 1);
    const asked = t.ask('q', again);
    peer?.lose();
    await t.env.settle();
    expect(await asked).toBe('CORRELATION_PEER_GONE');
  });

  it('is asked again a few times only', async () => {
    const t = await bench();
    const peers = mutePeers(t, 6);
    const asked = t.ask('q', again);
    for (const peer of peers) {
      peer.lose();
      await t.env.settle();
    }
    expect(await asked).toBe('CORRELATION_PEER_GONE');
    expect(t.inspect().repeated).toBe(3);
  });

  it('has no more time than it was given', async () => {
    const t = await bench();
    const [first] = mutePeers(t, 2);
    let code: unknown;
    void t.ask('q', { ...again, timeoutMs: 100 }).then((ended) => {
      code = ended;
    });
    await t.env.advance(60);
    first?.lose();
    await t.env.advance(39);
    expect(code).toBe(undefined);
    await t.env.advance(1);
    expect(code).toBe('CORRELATION_TIMEOUT');
  });

  it('is not asked again once it is cancelled, or the bus has stopped', async () => {
    const t = await bench();
    const [peer] = mutePeers(t, 1);
    let runs = 0;
    t.bus.handle('q', () => runs++);
    const cancel = new AbortController();
    const cancelled = t.ask('q', { ...again, signal: cancel.signal });
    const left = t.ask('q', again);
    peer?.lose();
    cancel.abort();
    const stopped = t.bus.stop({ drainMs: 0 });
    await t.env.settle();
    await stopped;
    expect([await cancelled, await left]).toEqual(['BUS_CANCELLED', 'CORRELATION_PEER_GONE']);
    expect(runs).toBe(0);
  });

  it('of many handlers is not asked again: replies may have come', async () => {
    const t = await bench();
    const [peer] = mutePeers(t, 1);
    t.bus.handle('q', () => 'here');
    const replies: unknown[] = [];
    const gathered = (async () => {
      for await (const reply of t.bus.requestMany('q', 1, again)) replies.push(reply);
    })();
    await t.env.settle();
    peer?.lose();
    await t.env.settle();
    await gathered;
    expect(replies).toEqual(['here']);
    expect(t.inspect().repeated).toBe(0);
  });

  it('is refused with another value, and where health is not installed', async () => {
    const t = await bench();
    t.bus.handle('q', () => 'here');
    const wrong: object = { idempotent: 'yes' };
    expect(await t.ask('q', wrong)).toBe('BUS_OPTION_INVALID');
    expect(await t.ask('q', { idempotent: false })).toBe('here');
    const bare = await createBus({ env: t.env, log: quiet }).use(correlation()).start();
    bare.handle('q', () => 'here');
    await expect(bare.request('q', 1, again)).rejects.toMatchObject({
      code: 'BUS_OPTION_INVALID',
      details: { option: 'idempotent' },
    });
    await bare.stop();
  });

  it('may be any message: the option says nothing of events and notifications', async () => {
    const t = await bench();
    t.bus.handle('q', () => 'here');
    expect(await t.bus.notify('q', 1, again)).toBe(1);
    expect(await t.bus.publish('e', 1, again)).toBe(0);
  });

  it('keeps the way its handler is chosen when it is asked again', async () => {
    const t = await bench();
    const [peer] = mutePeers(t, 1);
    for (const name of ['x', 'y', 'z']) t.bus.handle('q', () => name, { balance: 'sticky' });
    const got = new Set<unknown>();
    const asked = t.ask('q', { ...again, key: 'k' });
    peer?.lose();
    await t.env.settle();
    got.add(await asked);
    for (let i = 0; i < 6; i++) got.add(await t.ask('q', { ...again, key: 'k' }));
    expect(got.size).toBe(1);
  });

  it('fails as it did with any other error', async () => {
    const t = await bench();
    t.bus.handle('q', () => Promise.reject(new Error('broken')));
    expect(await t.ask('q', again)).toBe('BUS_HANDLER_FAILED');
    expect(await t.ask('nobody', again)).toBe('BUS_NO_ROUTE');
  });
});
