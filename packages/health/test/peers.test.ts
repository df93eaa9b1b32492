import type { Completion, Message } from '@bus/core';
import { Verdict } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench, unwell } from './support/bench.ts';
import { coded, FakePeer, gone, lost } from './support/fake-link.ts';

function peer(t: Bench, id: string, local = true): FakePeer {
  const made = new FakePeer(t.host, id, local);
  made.tell('up');
  return made;
}

describe('a peer', () => {
  it('is watched with the heartbeat given where it is local, and else as its transport does', async () => {
    const t = await bench({ intervalMs: 5, suspectMs: 15, downMs: 100 });
    expect(peer(t, 'near').watched).toEqual({
      intervalMs: 5,
      idleMs: 1000,
      suspectMs: 15,
      downMs: 100,
    });
    expect(peer(t, 'far', false).watched).toBe(undefined);
  });

  it('that falls silent gets no requests where others are, until it is heard', async () => {
    const t = await bench();
    const [a, b] = [peer(t, 'a'), peer(t, 'b')];
    a.offer('q', () => 'a');
    b.offer('q', () => 'b');
    a.tell('silent');
    for (let i = 0; i < 4; i++) expect(await t.ask('q')).toBe('b');
    expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
    expect(t.bus.health.of('a')).toMatchObject({ state: 'suspect', reason: 'told silent' });
    a.tell('heard');
    expect(new Set([await t.ask('q'), await t.ask('q')])).toEqual(new Set(['a', 'b']));
  });

  it('that is silent and alone fails requests at once, and gets events all the same', async () => {
    const t = await bench();
    const a = peer(t, 'a');
    a.offer('q', () => 'a');
    let got = 0;
    a.offer('e', () => void got++, { kinds: ['event'] });
    a.offer('e', () => void got++, { kinds: ['event'], group: 'g' });
    a.tell('silent');
    await expect(t.bus.request('q', 1)).rejects.toMatchObject({
      code: 'HEALTH_ENDPOINT_UNHEALTHY',
      details: { topic: 'q', peer: 'a' },
    });
    await t.bus.publish('e', 1);
    expect(got).toBe(2);
    expect(t.bus.health.check()).toMatchObject({ status: 'down', ready: false });
  });

  it('is recovering when it is heard, and healthy when it answers', async () => {
    const t = await bench();
    const a = peer(t, 'a');
    a.tell('silent');
    await t.env.advance(30);
    a.tell('heard');
    expect(unwell(t.bus.health.check())).toEqual({ a: 'recovering' });
    a.pings[0]?.resolve(1);
    await t.env.settle();
    expect(t.bus.health.check().status).toBe('healthy');
    expect(t.changes).toEqual([
      'a healthy>suspect',
      'a suspect>recovering',
      'a recovering>healthy',
    ]);
  });

  it('that flaps is as its last word says, whatever it answers late', async () => {
    const t = await bench();
    const a = peer(t, 'a');
    a.offer('q', () => 'a');
    for (let i = 0; i < 50; i++) {
      a.tell('silent');
      await t.env.advance(1);
      a.tell('heard');
      await t.env.advance(1);
      if (i % 3 === 0) a.pings.at(-1)?.resolve(1);
    }
    a.tell('silent');
    for (const { resolve } of a.pings) resolve(1);
    await t.env.settle();
    expect(t.bus.health.of('a')?.state).toBe('suspect');
    expect(await t.ask('q')).toBe('HEALTH_ENDPOINT_UNHEALTHY');
    a.tell('heard');
    a.pings.at(-1)?.resolve(1);
    await t.env.settle();
    expect(t.bus.health.check().status).toBe('healthy');
    expect(await t.ask('q')).toBe('a');
  });

  it('that is lost is remembered for a minute, or until it is back', async () => {
    const t = await bench();
    peer(t, 'a').lose();
    peer(t, 'b').lose();
    expect(unwell(t.bus.health.check())).toEqual({ a: 'down', b: 'down' });
    expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
    peer(t, 'a');
    expect(unwell(t.bus.health.check())).toEqual({ b: 'down' });
    await t.env.advance(60_000);
    expect(t.bus.health.check().peers).toMatchObject([{ id: 'a', state: 'healthy' }]);
    expect(t.bus.health.of('b')).toBe(undefined);
    expect(t.changes).toEqual(['a healthy>down', 'b healthy>down', 'a down>healthy']);
  });

  it('of many that were lost is forgotten before its minute is over', async () => {
    const t = await bench();
    for (let i = 0; i < 150; i++) peer(t, `p${i}`).lose();
    const { peers } = t.bus.health.check();
    expect(peers.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => `p${i + 50}`));
  });

  it('lost while it was suspect leaves no trace on the path of messages', async () => {
    const t = await bench();
    const a = peer(t, 'a');
    a.offer('q', () => 'a');
    a.tell('silent');
    a.lose();
    expect(await t.ask('q')).toBe('BUS_NO_ROUTE');
    expect(t.changes).toEqual(['a healthy>suspect', 'a suspect>down']);
  });
});

describe('a breaker of an endpoint at a peer', () => {
  it('opens at once when the peer beyond a hub is lost', async () => {
    const t = await bench();
    const hub = peer(t, 'hub');
    const goneBeyond = (): Promise<never> => Promise.reject(lost('leaf'));
    const relayed = hub.offer('q', goneBeyond);
    expect(await t.ask('q')).toBe('CORRELATION_PEER_GONE');
    expect(t.bus.health.of(relayed)).toMatchObject({ state: 'down', reason: 'its peer was lost' });
  });

  it.each(['q', 'store.get'])(
    'does not open at once for a handler that says it was lost: %s',
    async (topic) => {
      const t = await bench();
      const asking = peer(t, 'hub').offer('q', () => Promise.reject(gone('store', topic)));
      for (let i = 0; i < 4; i++) expect(await t.ask('q')).toBe('CORRELATION_PEER_GONE');
      expect(t.bus.health.of(asking)?.state).toBe('healthy');
      await t.ask('q');
      expect(t.bus.health.of(asking)?.reason).toBe('5 failures in a row');
    },
  );

  it('does not open for one of several peers beyond a hub', async () => {
    const t = await bench();
    const hub = peer(t, 'hub');
    const relayed = hub.offer('q', () => Promise.reject(lost('leaf')), { members: 3 });
    for (let i = 0; i < 4; i++) expect(await t.ask('q')).toBe('CORRELATION_PEER_GONE');
    expect(t.bus.health.of(relayed)?.state).toBe('healthy');
    await t.ask('q');
    expect(t.bus.health.of(relayed)?.state).toBe('down');
  });

  it('does not count against the half of its equals that may be held back', async () => {
    const t = await bench();
    const hub = peer(t, 'hub');
    for (let i = 0; i < 3; i++) hub.offer('q', () => Promise.reject(lost('leaf')));
    hub.offer('q', () => 'still here');
    const replies: unknown[] = [];
    for (let i = 0; i < 8; i++) replies.push(await t.ask('q'));
    expect(replies.slice(3)).toEqual(Array(5).fill('still here'));
  });

  it.each([['BUS_MAILBOX_FULL'], ['BUS_NO_ROUTE'], ['ANY_PLUGINS']])(
    'passes over the refusal %s of the bus there',
    async (code) => {
      const t = await bench();
      const refuses = (): Promise<never> => Promise.reject(new Verdict('rejected', coded(code)));
      const at = peer(t, 'a').offer('q', refuses);
      for (let i = 0; i < 20; i++) expect(await t.ask('q')).toBe(code);
      expect(t.bus.health.of(at)?.state).toBe('healthy');
    },
  );

  const ends: Record<string, () => Promise<never>> = {
    BUS_MAILBOX_FULL: () => Promise.reject(new Verdict('rejected', coded('BUS_MAILBOX_FULL'))),
    CORRELATION_PEER_GONE: () => Promise.reject(lost('leaf')),
    CORRELATION_TIMEOUT: () => new Promise(() => undefined),
  };

  it.each(Object.entries(ends))(
    'costs one request in openMs where the one that tries it ends with %s',
    async (code, end) => {
      const t = await bench({ breaker: { openMs: 1000 } });
      let answer = (): Promise<never> => Promise.reject(coded('STOCK_EMPTY'));
      const at = peer(t, 'a').offer('q', () => answer(), { concurrency: 10 });
      t.bus.handle('q', () => 'well');
      while (t.inspect().opened === 0) await t.ask('q');
      answer = end;
      await t.env.advance(1000);
      for (let round = 0; round < 3; round++) {
        const replies: unknown[] = [];
        for (let i = 0; i < 5; i++) {
          const asked = t.ask('q', { timeoutMs: 100 });
          await t.env.advance(100);
          replies.push(await asked);
        }
        expect(replies).toEqual([code, 'well', 'well', 'well', 'well']);
        expect(t.bus.health.of(at)?.state).toBe('recovering');
        await t.env.advance(500);
      }
      answer = () => Promise.resolve('well again' as never);
      expect(await t.ask('q')).toBe('well again');
      expect(t.bus.health.of(at)?.state).toBe('healthy');
    },
  );

  it.each(['BUS_HANDLER_FAILED', 'BUS_EXPIRED', 'BUS_NO_ROUTE', 'BUS_MAILBOX_FULL', 'STOCK_EMPTY'])(
    'counts what its handler answered with, such as %s',
    async (code) => {
      const t = await bench();
      const at = peer(t, 'a').offer('q', () => Promise.reject(coded(code)));
      for (let i = 0; i < 5; i++) await t.ask('q');
      expect(t.bus.health.of(at)?.state).toBe('down');
    },
  );

  it('takes a reply for a success, also after a failure', async () => {
    const t = await bench();
    let fails = true;
    const at = peer(t, 'a').offer('q', () =>
      fails ? Promise.reject(coded('STOCK_EMPTY')) : 'yes',
    );
    for (let i = 0; i < 16; i++) {
      fails = i % 4 !== 0;
      await t.ask('q');
    }
    expect(t.bus.health.of(at)?.state).toBe('down');
    expect(t.bus.health.of(at)?.reason).toContain('of 10 messages failed');
  });

  it('takes the leaving of an event for no success', async () => {
    const t = await bench();
    const answer = ({ kind }: Message): unknown =>
      kind === 'event' ? undefined : Promise.reject(coded('STOCK_EMPTY'));
    const at = peer(t, 'a').offer('x', answer, { kinds: ['request', 'event'] });
    for (let i = 0; i < 4; i++) await t.ask('x');
    expect(await t.bus.publish('x', 1)).toBe(1);
    await t.ask('x');
    expect(t.bus.health.of(at)?.state).toBe('down');
  });

  it('takes an acknowledgement for one', async () => {
    const t = await bench();
    let fails = true;
    const answer = (): unknown =>
      fails ? Promise.reject(coded('STOCK_EMPTY')) : Promise.resolve(1);
    const at = peer(t, 'a').offer('e', answer, { kinds: ['event'], acknowledges: true });
    const completion: Completion = { settled: () => undefined };
    for (let i = 0; i < 9; i++) {
      fails = i !== 4;
      await t.host.send('event', 'e', i, undefined, { completion });
      await t.env.settle();
    }
    expect(t.bus.health.of(at)?.state).toBe('healthy');
  });
});

describe('a ping', () => {
  it('resolves to the round trip', async () => {
    const t = await bench();
    const a = peer(t, 'a');
    const asked = t.bus.health.ping('a');
    a.pings[0]?.resolve(3);
    expect(await asked).toBe(3);
  });

  it.each(['nobody', 'lost'])('to a peer that is %s is refused', async (id) => {
    const t = await bench();
    peer(t, 'lost').lose();
    await expect(t.bus.health.ping(id)).rejects.toMatchObject({
      code: 'HEALTH_ENDPOINT_UNHEALTHY',
      details: { peer: id, topic: undefined },
    });
  });

  it('ends when it takes too long, and when the link goes', async () => {
    const t = await bench();
    const a = peer(t, 'a');
    const late = t.bus.health.ping('a', { timeoutMs: 50 }).catch((error) => error.message);
    await t.env.advance(50);
    expect(await late).toContain('within 50 ms');
    const lost = t.bus.health.ping('a').catch((error) => error.message);
    a.lose();
    expect(await lost).toContain('was lost');
    await expect(t.bus.health.ping('a', { timeoutMs: -1 })).rejects.toMatchObject({
      code: 'BUS_OPTION_INVALID',
    });
  });
});
