import { describe, expect, it } from 'vitest';
import { empty, interest, json, jsonOf, type } from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { plainHello } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

interface Offered {
  readonly id: number;
  readonly pattern: unknown;
  readonly members?: number;
  readonly within?: readonly string[];
}

function offersTo(peer: RawPeer): readonly Offered[] {
  return peer.of(type.offer).flatMap((offer) => jsonOf(offer) as Offered[]);
}

describe('what a peer offers', () => {
  it('counts as many endpoints as it last said', async () => {
    const { linked, bus, env } = await listening();
    const peer = await linked('peer');
    const publish = async (): Promise<number> => {
      await env.settle();
      return bus.publish('a', 1);
    };
    peer.say(json(type.offer, [interest(1, 'a', { members: 3 })]));
    expect(await publish()).toBe(3);
    peer.say(json(type.offer, [interest(1, 'a', { members: 5 })]));
    expect(await publish()).toBe(5);
    peer.say(json(type.offer, [interest(1, 'a')]));
    expect(await publish()).toBe(1);
  });

  it('is offered on in numbers that every peer takes, however many say they have the most', async () => {
    const { linked, env } = await listening();
    for (const busId of ['one', 'two']) {
      const peer = await linked(busId);
      peer.say(json(type.offer, [interest(1, 'a', { members: 65_535 })]));
    }
    await env.settle();
    const third = await linked('third');
    expect(offersTo(third)).toMatchObject([{ pattern: 'a', members: 65_535 }]);
  });

  it('is never offered back to it', async () => {
    const { linked, env } = await listening();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'a')]));
    await env.settle();
    expect(offersTo(peer)).toEqual([]);
  });

  it('may be revoked though it was never served, or never offered', async () => {
    const { linked, env, bus } = await listening();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, '$bus.**'), interest(2, 'a')]));
    for (const id of [1, 2, 3]) peer.say(Buffer.from([0, 0, 0, 3, type.revoke, 0, id]));
    await env.settle();
    expect([peer.closed, bus.endpoints('a').length]).toEqual([false, 0]);
  });
});

describe('what a bus offers', () => {
  it('goes out in frames of 64 KiB at the most, however much it is', async () => {
    const { linked, bus, env } = await listening();
    const name = 'n'.repeat(900);
    for (let i = 0; i < 300; i++) bus.subscribe(`t${i}`, () => undefined, { name });
    const peer = await linked('peer');
    await env.settle();
    const sizes = peer.of(type.offer).map(({ body }) => body.length);
    expect(offersTo(peer)).toHaveLength(300);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
  });

  it('is no more than the peer takes, and the rest is warned of', async () => {
    const { linked, bus, warnings } = await listening();
    for (let i = 0; i < 1500; i++) bus.subscribe(`t${i}`, () => undefined);
    const peer = await linked('peer', { limits: { ...plainHello.limits, interests: 3 } });
    expect(offersTo(peer)).toHaveLength(3);
    expect(warnings).toEqual([
      "the peer 'peer' is offered 3 patterns and not the other 1497, of which 't3' is the first: raise limits.interests at both ends",
    ]);
    expect(peer.closed).toBe(false);
  });

  it('is what was left out, once there is room for it', async () => {
    const { linked, bus, env } = await listening();
    const subscriptions = ['a', 'b', 'c'].map((topic) => bus.subscribe(topic, () => undefined));
    const peer = await linked('peer', { limits: { ...plainHello.limits, interests: 2 } });
    subscriptions[0]?.stop();
    await env.settle();
    expect(offersTo(peer).map(({ pattern }) => pattern)).toEqual(['a', 'b', 'c']);
    expect(peer.of(type.revoke)).toHaveLength(1);
  });

  it('leaves out what has come and gone before it could be told', async () => {
    const { linked, bus, env } = await listening();
    const peer = await linked('peer');
    bus.subscribe('a', () => undefined).stop();
    await env.settle();
    expect(offersTo(peer)).toEqual([]);
    expect(peer.of(type.revoke)).toEqual([]);
  });

  it('is told once to a peer that does not read, as it is when it reads again', async () => {
    const { linked, bus, env } = await listening();
    const peer = await linked('peer');
    peer.takesMore = false;
    peer.say(empty(type.ping));
    await env.settle();
    for (let i = 0; i < 50; i++) {
      bus.subscribe('gone', () => undefined).stop();
      bus.subscribe('kept', () => undefined);
      await env.settle();
    }
    expect(offersTo(peer)).toEqual([]);
    peer.takesMore = true;
    peer.events?.writable();
    await env.settle();
    expect(offersTo(peer).map(({ pattern, members }) => [pattern, members])).toEqual([
      ['kept', 50],
    ]);
    expect(peer.of(type.revoke)).toEqual([]);
  });

  it('counts one more of what is offered already, however many there are', async () => {
    const { linked, bus, env } = await listening();
    const peer = await linked('peer');
    // Each going through all the others, these would take many seconds.
    const all = Array.from({ length: 20_000 }, () => bus.subscribe('a', () => undefined));
    for (const subscription of all.slice(1)) subscription.stop();
    await env.settle();
    expect(offersTo(peer).map(({ members }) => members)).toEqual([undefined]);
  });

  it('is what export lets be seen, and says so where it is a part', async () => {
    const { linked, bus } = await listening({ receive: ['orders.*', 'users.created'] });
    for (const pattern of ['orders.a', 'users.*', 'other.*'])
      bus.subscribe(pattern, () => undefined);
    bus.subscribe('$bus.**', () => undefined);
    const peer = await linked('peer');
    const seen = offersTo(peer).map(({ pattern, within }) => [pattern, within]);
    expect(seen).toEqual([
      ['orders.a', undefined],
      ['users.*', ['users.created']],
    ]);
  });
});
