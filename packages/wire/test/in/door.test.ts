import { describe, expect, it } from 'vitest';
import type { Authorize } from '../../src/plugin/options.ts';
import {
  bytesOf,
  frame,
  interest,
  json,
  kind,
  messages,
  name,
  numbers,
  plain,
  record,
  type,
  varint,
} from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import type { Listening } from '../support/test-bus.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
const authorize: Authorize = (_principal, action, topic) =>
  action !== 'send' || topic.startsWith('open.');

interface Scene extends Listening {
  readonly peer: RawPeer;
  /** Topics of what has reached anybody, and observers. */
  readonly got: string[];
}

/** Interest 1 is `open.a`, interest 2 `closed.a`, interest 3 asks for `closed.b`, 4 is `**`, and 5 has been revoked. */
async function scene(): Promise<Scene> {
  const made = await listening({ authorize });
  const got: string[] = [];
  const { bus, host, env } = made;
  for (const pattern of ['open.a', 'closed.a']) {
    host.addEndpoint({
      kinds: ['event', 'notification'],
      acknowledges: true,
      pattern,
      handler: ({ topic }) => void got.push(topic),
    });
  }
  bus.handle('closed.b', ({ topic }) => void got.push(topic));
  bus.subscribe('**', ({ topic }) => void got.push(topic));
  const leaving = bus.subscribe('left', () => undefined);
  await env.settle();
  const peer = await made.linked('peer');
  leaving.stop();
  await env.settle();
  return { ...made, got, peer };
}

const topics = messages(name(0, 'open.a'), name(1, 'closed.a'), name(2, 'closed.b'));
const gone = 5;
const message = (what: number, interest: number, slot: number): Buffer =>
  record(what, plain(interest, slot, one));
const acked = (id: number, interest: number, slot: number): Buffer =>
  record(kind.ackedEvent, varint(id), plain(interest, slot, one));
const also = (interest: number): Buffer => record(kind.also, varint(interest));
const ackedAlso = (id: number, interest: number): Buffer =>
  record(kind.ackedAlso, numbers(id, interest));
const request = (id: number, interest: number, slot: number): Buffer =>
  record(kind.request, numbers(id, 0), plain(interest, slot, one));

describe('nobody here gets what authorize forbids', () => {
  it.each<readonly [string, readonly Buffer[]]>([
    ['as an event', [message(kind.event, 2, 1)]],
    ['as a notification', [message(kind.notification, 2, 1)]],
    ['as an event that is acknowledged', [acked(1, 2, 1)]],
    ['as a request', [request(1, 3, 2)]],
    ['by a wildcard', [message(kind.event, 4, 1)]],
    ['as also, after an event for nobody', [message(kind.event, gone, 1), also(2)]],
    ['as also, after an event that was refused', [message(kind.event, 2, 1), also(4)]],
    ['as also, after a notification for nobody', [message(kind.notification, gone, 1), also(4)]],
    ['as also, after an acked event for nobody', [acked(1, gone, 1), also(2)]],
    ['as acked also, after an event for nobody', [message(kind.event, gone, 1), ackedAlso(1, 2)]],
    ['as acked also, after an acked event', [acked(1, gone, 1), ackedAlso(2, 2), ackedAlso(3, 4)]],
    ['as also of also', [message(kind.event, gone, 1), also(gone), also(4), ackedAlso(1, 2)]],
    ['for nobody at all, where observers could see it', [message(kind.event, gone, 1)]],
  ])('%s', async (_what, said) => {
    const { peer, env, got, bus, link } = await scene();
    peer.say(topics, messages(...said));
    await env.settle();
    expect(got).toEqual([]);
    expect(bus.inspect().outcomes.accepted).toBe(0);
    expect([link().refused.forbidden, peer.closed]).toEqual([said.length, false]);
  });

  it('and what it allows comes in on all of these ways', async () => {
    const { peer, env, got, link } = await scene();
    peer.say(topics);
    peer.say(messages(message(kind.event, gone, 0), also(1), ackedAlso(1, 1), also(4)));
    peer.say(messages(message(kind.event, 2, 0), also(1)));
    await env.settle();
    expect(got).toEqual(Array(4).fill('open.a'));
    // The interest in `closed.a` is none in `open.a`.
    expect(link().refused.forbidden).toBe(1);
  });
});

describe('an interest that was never offered', () => {
  it.each(['open.a', 'secret', '$bus.peer.down'])('leads to nobody, on %s', async (topic) => {
    const { bus, env, linked, link } = await listening({ receive: ['open.**'] });
    bus.subscribe('open.a', () => undefined);
    await env.settle();
    const peer = await linked('peer');
    const said = messages(name(0, topic), message(kind.event, 99, 0), request(1, 99, 0));
    const unrouted = bus.inspect().outcomes.ended.unroutable;
    peer.say(said);
    await env.settle();
    expect([link().refused.forbidden, bus.inspect().outcomes.ended.unroutable]).toEqual([
      2,
      unrouted,
    ]);
  });

  it('that has been revoked leads to nobody either where `receive` does not name the topic', async () => {
    const { bus, env, linked, link } = await listening({ receive: ['open.**'] });
    const leaving = bus.subscribe('open.a', () => undefined);
    await env.settle();
    const peer = await linked('peer');
    leaving.stop();
    await env.settle();
    peer.say(messages(name(0, 'secret'), message(kind.event, 1, 0)));
    await env.settle();
    expect(link().refused.forbidden).toBe(1);
  });
});

describe('an authorize that throws', () => {
  it('has not said yes, and ends neither the link nor the process', async () => {
    const authorize: Authorize = (_principal, _action, topic) => {
      if (topic === 'odd') throw new Error('no principal');
      return true;
    };
    const heartbeat = { intervalMs: 10_000, idleMs: 10_000, suspectMs: 20_000, downMs: 30_000 };
    const limits = { interests: 3 };
    const { bus, env, linked, link } = await listening({ authorize, limits, heartbeat });
    let got = 0;
    bus.subscribe('*', () => void got++);
    await env.settle();
    const peer = await linked('peer');
    peer.say(messages(name(0, 'odd'), message(kind.event, 1, 0)));
    // More changes than are taken in at once: the rest is taken in by a timer.
    for (let round = 0; round < 4; round++) {
      peer.say(json(type.offer, [interest(1, 'a'), interest(2, 'odd')]));
      peer.say(frame(type.revoke, numbers(1)), frame(type.revoke, numbers(2)));
    }
    peer.say(json(type.offer, [interest(2, 'odd')]));
    await env.advance(5000);
    expect([got, link().refused.forbidden > 0, peer.closed]).toEqual([0, true, false]);
  });
});

describe('what authorize has said', () => {
  it('is asked anew, and not remembered without bound, where a peer makes up names', async () => {
    const asked = new Map<string, number>();
    const counts: Authorize = (_principal, _action, topic) => {
      asked.set(topic, (asked.get(topic) ?? 0) + 1);
      return true;
    };
    const { bus, env, linked } = await listening({ authorize: counts });
    bus.subscribe('a.*', () => undefined);
    const peer = await linked('peer');
    const say = (topic: string): void =>
      peer.say(messages(name(0, topic), message(kind.event, 1, 0)));
    const sayAgain = (): void => peer.say(messages(message(kind.event, 1, 5)));
    peer.say(messages(name(5, 'a.first')));
    sayAgain();
    sayAgain();
    expect(asked.get('a.first')).toBe(1);
    for (let i = 0; i < 16_384; i++) say(`a.${i}`);
    sayAgain();
    await env.settle();
    expect([asked.get('a.first'), peer.closed]).toEqual([2, false]);
  });
});

describe('a peer that sends without credit loses its link', () => {
  it.each<readonly [string, (i: number) => Buffer]>([
    ['by events', () => message(kind.event, 1, 0)],
    ['by notifications', () => message(kind.notification, 1, 0)],
    ['by events that are acknowledged', (i) => acked(i, 1, 0)],
    ['by requests', (i) => request(i, 2, 1)],
    ['by also', () => also(1)],
    ['by acked also', (i) => ackedAlso(100 + i, 1)],
  ])('%s', async (_what, make) => {
    const { linked, env, host } = await listening({ limits: { windowMessages: 4 } });
    const stuck = { capacity: 1, concurrency: 1, handler: () => new Promise(() => undefined) };
    host.addEndpoint({ ...stuck, kinds: ['event', 'notification'], pattern: 'open.a' });
    host.addEndpoint({ ...stuck, kinds: ['request'], pattern: 'closed.a' });
    await env.settle();
    const peer = await linked('peer');
    // Two have room there, and as many as two windows wait for it.
    const said = Array.from({ length: 11 }, (_, i) => make(i));
    peer.say(topics, messages(message(kind.event, 1, 0), ...said.slice(0, 9)));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(messages(message(kind.event, 1, 0), ...said));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, 'WIRE_LIMIT_EXCEEDED']);
  });
});
