import type { VirtualEnv } from '@bus/virtual-env';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from '../support/acknowledged.ts';
import type { Pair } from '../support/buses.ts';
import { linksOf, pair, peersOf, star } from '../support/buses.ts';
import type { LinkedBus } from '../support/linked-bus.ts';
import {
  bytesOf,
  frame,
  interest,
  json,
  kind,
  messages,
  name,
  plain,
  record,
  type,
  varint,
} from '../support/raw-bytes.ts';
import { listening } from '../support/test-bus.ts';

/** As the plugin for health watches peers on the same machine. */
const close = { intervalMs: 20, idleMs: 1000, suspectMs: 60, downMs: 1000 };
const patient = { intervalMs: 1e6, idleMs: 1e6, suspectMs: 2e6, downMs: 3e6 };

const typesOf = (bus: LinkedBus): readonly string[] => peersOf(bus).map(({ type: what }) => what);

/** Two buses of which `left` watches `right` closely, and asks it what takes long. */
async function watching(): Promise<Pair> {
  const two = await pair({ heartbeat: close }, { heartbeat: patient, reconnect: { baseMs: 1e6 } });
  two.right.handle('slow', () => new Promise(() => undefined));
  acknowledge(two.right, 'kept', () => new Promise(() => undefined));
  await two.settle();
  return two;
}

/** Every timer comes so much late from here on, as where each turn of the event loop takes long. */
function isAlwaysLate(env: VirtualEnv, ms: number): void {
  const { setTimer } = env;
  env.setTimer = (callback, delayMs) => setTimer(callback, Math.max(delayMs, ms));
}

/** How many bytes the one link of a bus has sent. */
const sentBytes = (bus: LinkedBus): number => linksOf(bus)[0]?.sent.bytes ?? 0;

describe('a peer that owes an answer', () => {
  test.each([
    ['a reply', ({ left }: Pair) => left.request('slow', 1)],
    ['an acknowledgement', ({ left }: Pair) => track(left, 'kept', 1)],
    ['a stream', ({ left }: Pair) => left.requestMany('slow', 1)[Symbol.asyncIterator]().next()],
  ])('such as %s is suspect within 100 ms of its silence', async (_what, ask) => {
    const two = await watching();
    await two.env.advance(700);
    Promise.resolve(ask(two)).catch(() => undefined);
    await two.env.advance(50);
    two.link.isSilent = true;
    await two.env.advance(100);
    expect(typesOf(two.left)).toEqual(['up', 'silent']);
    await two.env.advance(1000);
    expect(typesOf(two.left)).toEqual(['up', 'silent', 'down']);
  });

  test('is not blamed for the silence before it was asked', async () => {
    const two = await watching();
    await two.env.advance(990);
    two.left.request('slow', 1).catch(() => undefined);
    await two.env.advance(300);
    expect(typesOf(two.left)).toEqual(['up']);
  });

  test('is asked for signs of life until it has answered, and no longer', async () => {
    const two = await watching();
    let answer = (): void => undefined;
    two.right.handle('held', () => new Promise<void>((resolve) => (answer = resolve)));
    await two.settle();
    const asked = two.left.request('held', 1);
    await two.env.advance(200);
    const before = sentBytes(two.left);
    await two.env.advance(1000);
    // A ping has seven bytes, and there is one in 20 to 30 ms.
    expect(sentBytes(two.left) - before).toBeGreaterThan(7 * 30);
    answer();
    await two.run(asked);
    await two.env.advance(50);
    const after = sentBytes(two.left);
    await two.env.advance(10_000);
    expect(sentBytes(two.left) - after).toBeLessThanOrEqual(7 * 10);
  });
});

describe('a peer that owes nothing', () => {
  test('is asked about once a second, and no timer runs in between', async () => {
    const two = await watching();
    let timers = 0;
    const { setTimer } = two.env;
    two.env.setTimer = (callback, ms) => {
      timers++;
      return setTimer(callback, ms);
    };
    const before = sentBytes(two.left);
    await two.env.advance(60_000);
    const pings = (sentBytes(two.left) - before) / 7;
    expect(pings).toBeGreaterThanOrEqual(35);
    expect(pings).toBeLessThanOrEqual(60);
    expect(timers).toBeLessThan(60 * 5);
    expect(typesOf(two.left)).toEqual(['up']);
  });

  test('is suspect and down as soon after it was asked as any other', async () => {
    const two = await watching();
    two.link.isSilent = true;
    await two.env.advance(1600);
    expect(typesOf(two.left)).toEqual(['up', 'silent']);
    await two.env.advance(1000);
    expect(typesOf(two.left)).toEqual(['up', 'silent', 'down']);
  });

  test('costs a hub of a hundred no more timers than one', async () => {
    const leaves = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`leaf${n}`, { heartbeat: patient }]),
    );
    const { buses } = await star(leaves, { heartbeat: close });
    let timers = 0;
    const { setTimer } = buses.env;
    buses.env.setTimer = (callback, ms) => {
      // Those of the leaves, which are patient, are longer.
      if (ms <= 1000) timers++;
      return setTimer(callback, ms);
    };
    await buses.env.advance(10_000);
    expect(timers).toBeLessThan(60);
  });
});

describe('an event loop that is always late', () => {
  test('suspects a peer that is silent, and then gives it up', async () => {
    const two = await watching();
    isAlwaysLate(two.env, 60);
    two.left.request('slow', 1).catch(() => undefined);
    await two.env.advance(1000);
    expect(typesOf(two.left)).toEqual(['up']);
    two.link.isSilent = true;
    await two.env.advance(500);
    expect(typesOf(two.left)).toEqual(['up', 'silent']);
    await two.env.advance(4000);
    expect(typesOf(two.left)).toEqual(['up', 'silent', 'down']);
  });

  test('as in a tab that is hidden, takes no peer that answers for silent', async () => {
    const two = await watching();
    isAlwaysLate(two.env, 1000);
    two.left.request('slow', 1).catch(() => undefined);
    await two.env.advance(60_000);
    expect(typesOf(two.left)).toEqual(['up']);
  });
});

describe('a peer that only sends, and whose pings wait behind that', () => {
  const one = bytesOf('01');

  const sending = async () => {
    const made = await listening({ heartbeat: patient });
    made.bus.subscribe('news', () => undefined);
    const peer = await made.linked('peer');
    peer.say(json(type.offer, [interest(1, 'other')]), messages(name(0, 'news')));
    const event = messages(record(kind.event, plain(1, 0, one)));
    /** How often the peer hears something while it sends each so many ms, for so long. */
    const heardWhileSending = async (eachMs: number, forMs: number): Promise<number> => {
      const before = peer.frames.length;
      for (let ms = 0; ms < forMs; ms += eachMs) {
        peer.say(event);
        await made.env.advance(eachMs);
      }
      expect(peer.closed).toBe(false);
      return peer.frames.length - before;
    };
    return { ...made, peer, event, heardWhileSending };
  };

  test('hears twice a second that it is heard', async () => {
    const { heardWhileSending, peer } = await sending();
    expect(await heardWhileSending(100, 10_000)).toBeGreaterThanOrEqual(18);
    expect(await heardWhileSending(100, 10_000)).toBeLessThanOrEqual(21);
    expect(peer.frames.at(-1)?.type).toBe(type.credit);
  });

  test('hears it as often as it has said that it asks', async () => {
    const { heardWhileSending, peer } = await sending();
    peer.say(frame(type.ping, varint(20)));
    expect(await heardWhileSending(10, 1000)).toBeGreaterThanOrEqual(95);
  });

  test('hears it once for each piece of bytes that comes, whatever it says', async () => {
    const { heardWhileSending, peer } = await sending();
    peer.say(frame(type.ping, varint(0)));
    expect(await heardWhileSending(1, 1000)).toBeLessThanOrEqual(1000);
  });

  test('hears it while one large frame comes slowly, which is not given up', async () => {
    const { env, peer, bus } = await sending();
    const got: unknown[] = [];
    bus.subscribe('news', ({ payload }) => void got.push(payload));
    const before = peer.frames.length;
    const text = Buffer.alloc(60_000, 'x');
    const payload = Buffer.concat([
      Buffer.from([0xda, text.length >> 8, text.length & 0xff]),
      text,
    ]);
    const large = messages(record(kind.event, plain(1, 0, payload)));
    for (let at = 0; at < large.length; at += 1000) {
      peer.say(large.subarray(at, at + 1000));
      await env.advance(500);
    }
    expect(peer.closed).toBe(false);
    expect(got).toEqual([text.toString()]);
    expect(peer.frames.length - before).toBeGreaterThan(50);
  });

  test('is told nothing more where it is answered anyhow', async () => {
    const { bus, env, peer } = await sending();
    bus.handle('ask', () => 1);
    peer.say(messages(name(1, 'ask')));
    await env.settle();
    const before = peer.of(type.credit).length;
    for (let n = 0; n < 50; n++) {
      peer.say(frame(type.ping, varint(1000)));
      await env.advance(100);
    }
    expect(peer.of(type.credit).length).toBe(before);
    expect(peer.of(type.pong)).toHaveLength(50);
  });
});

test('pings are answered in the turn they come in, and however many of them by one pong', async () => {
  const { linked } = await listening();
  const peer = await linked('peer');
  const ping = frame(type.ping);
  peer.say(ping);
  expect(peer.of(type.pong)).toHaveLength(1);
  peer.say(Buffer.concat(Array.from({ length: 10_000 }, () => ping)));
  expect(peer.of(type.pong)).toHaveLength(2);
});
