import { describe, expect, test } from 'vitest';
import { linksOf, pair, remotePatterns, star } from '../support/buses.ts';

describe('interest', () => {
  test('a subscription made before the link is up is known to the peer once it is', async () => {
    const got: unknown[] = [];
    const { left, settle } = bound(
      await pair({}, {}, ({ right }) => {
        right.subscribe('a.*', ({ payload }) => void got.push(payload));
      }),
    );
    expect(remotePatterns(left)).toEqual(['a.*']);
    await left.publish('a.b', 1);
    await settle();
    expect(got).toEqual([1]);
  });

  test('appears when somebody subscribes later, and disappears when the subscription stops', async () => {
    const { left, right, settle } = bound(await pair());
    expect(remotePatterns(left)).toEqual([]);
    const subscription = right.subscribe('a.*', () => undefined);
    await settle();
    expect(remotePatterns(left)).toEqual(['a.*']);
    expect(await left.publish('a.b', 1)).toBe(1);
    subscription.stop();
    await settle();
    expect(remotePatterns(left)).toEqual([]);
    expect(await left.publish('a.b', 1)).toBe(0);
  });

  test.each(['request', 'publish'] as const)(
    'a subscription made just before a %s hears what its handler publishes at once',
    async (verb) => {
      const { left, right, settle } = bound(await pair());
      const got: unknown[] = [];
      right.handle('begin', () => void right.publish('begun', 1));
      right.subscribe('begin', () => void right.publish('begun', 1));
      await settle();
      left.subscribe('begun', ({ payload }) => void got.push(payload));
      const sent = left[verb]('begin', 0);
      await settle();
      await sent;
      expect(got).toEqual([1]);
    },
  );

  test('of many equal subscriptions crosses the link once, and stays until the last has gone', async () => {
    const { left, right, settle } = bound(await pair());
    const got: number[] = [];
    const all = [1, 2, 3].map((n) => right.subscribe('a', () => void got.push(n)));
    await settle();
    expect(linksOf(left)[0]?.interests.theirs).toBe(1);
    await left.publish('a', 0);
    await settle();
    expect(got).toEqual([1, 2, 3]);
    all[0]?.stop();
    all[1]?.stop();
    await settle();
    expect(remotePatterns(left)).toEqual(['a']);
    all[2]?.stop();
    await settle();
    expect(remotePatterns(left)).toEqual([]);
  });

  test('is not sent back to the peer it came from', async () => {
    const { right, left, settle } = bound(await pair());
    right.subscribe('a', () => undefined);
    await settle();
    expect(remotePatterns(right)).toEqual([]);
    expect(linksOf(left)[0]?.interests.ours).toBe(0);
  });

  test('is relayed by a hub to its other links, unless told not to', async () => {
    for (const relay of [true, false]) {
      const { buses, leaf } = await star({ one: {}, two: {} }, { relay });
      leaf('one').subscribe('a', () => undefined);
      await buses.settle();
      expect(remotePatterns(leaf('two'))).toEqual(relay ? ['a'] : []);
      expect(remotePatterns(leaf('one'))).toEqual([]);
    }
  });

  test('is limited to what `receive` lists, whole or in part', async () => {
    const got: string[] = [];
    const { left, right, settle } = bound(await pair({}, { receive: ['a.*', 'c'] }));
    for (const pattern of ['a.b', '*.b', 'b', 'c']) {
      right.subscribe(pattern, ({ topic }) => void got.push(`${pattern} ${topic}`));
    }
    await settle();
    expect(remotePatterns(left)).toEqual(['*.b', 'a.b', 'c']);
    await left.publish('a.b', 1);
    await left.publish('x.b', 1);
    await left.publish('b', 1);
    await left.publish('c', 1);
    await settle();
    expect(got.sort()).toEqual(['*.b a.b', 'a.b a.b', 'c c']);
  });

  test('is limited to what `send` lists on the side that sends', async () => {
    const got: string[] = [];
    const { left, right, settle } = bound(await pair({ send: ['a.*'] }, {}));
    right.subscribe('**', ({ topic }) => void got.push(topic));
    right.subscribe('b', ({ topic }) => void got.push(topic));
    await settle();
    expect(remotePatterns(left)).toEqual(['**']);
    await left.publish('a.b', 1);
    await left.publish('b', 1);
    await settle();
    expect(got).toEqual(['a.b']);
  });

  test('in system topics crosses only where the borders of both sides name them', async () => {
    for (const borders of [{}, { receive: ['**', '$bus.**'], send: ['**', '$bus.**'] }]) {
      const got: string[] = [];
      const { right, left, settle } = bound(await pair(borders, borders));
      right.subscribe('$bus.endpoint.*', ({ source, topic }) => {
        if (source === 'left') got.push(topic);
      });
      await settle();
      got.length = 0;
      left.handle('later', () => undefined);
      await settle();
      expect(got).toEqual('receive' in borders ? ['$bus.endpoint.added'] : []);
    }
  });

  test('every pattern reaches a leaf once, however many buses want it', async () => {
    const { buses, leaf, hub } = await star({ one: {}, two: {}, three: {} });
    const got: string[] = [];
    for (const id of ['one', 'two']) leaf(id).subscribe('a', () => void got.push(id));
    hub.subscribe('a', () => void got.push('hub'));
    await buses.settle();
    expect(remotePatterns(leaf('three'))).toEqual(['a']);
    await leaf('three').publish('a', 1);
    await buses.settle();
    expect(got.sort()).toEqual(['hub', 'one', 'two']);
  });
});

describe('what a bus says of its links', () => {
  test('`endpoints()` names the bus where a remote endpoint lives', async () => {
    const { left, right, settle } = bound(await pair());
    right.handle('a', () => 1, { name: 'answerer', priority: 4 });
    await settle();
    expect(left.endpoints('a')).toMatchObject([
      { kind: 'remote', bus: 'right', name: 'answerer', priority: 4, state: 'active', pending: 0 },
    ]);
  });

  test('`inspect().links` counts messages, bytes, interests and requests', async () => {
    const { left, right, settle, run } = bound(await pair());
    right.subscribe('a', () => undefined);
    right.handle('q', () => new Promise(() => undefined));
    await settle();
    await left.publish('a', 1);
    await left.publish('a', 2);
    const asked = left.request('q', 1, { timeoutMs: 50 });
    await settle();
    const [report] = linksOf(left);
    const [theirs] = linksOf(right);
    expect(report).toMatchObject({
      peer: 'right',
      transport: 'cable',
      state: 'up',
      codec: 'msgpack',
      sent: { messages: 3 },
      received: { messages: 0 },
      interests: { theirs: 2, ours: 0 },
      requests: { asked: 1, answering: 0 },
    });
    expect(theirs).toMatchObject({
      received: { messages: 3, bytes: report?.sent.bytes },
      requests: { asked: 0, answering: 1 },
    });
    await expect(run(asked)).rejects.toMatchObject({ code: 'CORRELATION_TIMEOUT' });
    await settle();
    expect(linksOf(left)[0]?.requests.asked).toBe(0);
  });

  test('a peer that comes and goes is told of on `$bus.peer.up` and `$bus.peer.down`', async () => {
    const seen: string[] = [];
    const { link, env, settle } = bound(
      await pair({}, {}, ({ left }) => {
        left.subscribe('$bus.peer.*', ({ topic, payload }) => {
          seen.push(`${topic} ${(payload as { readonly peer: string }).peer}`);
        });
      }),
    );
    link.cut();
    await settle();
    await env.advance(1000);
    expect(seen).toEqual(['$bus.peer.up right', '$bus.peer.down right', '$bus.peer.up right']);
  });
});

/** So that `settle` and `run` can be taken out of it. */
function bound(two: Awaited<ReturnType<typeof pair>>) {
  return {
    ...two,
    env: two.env,
    settle: () => two.settle(),
    run: <T>(promise: Promise<T>, ms?: number) => two.run(promise, ms),
  };
}
