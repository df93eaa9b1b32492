import type { Env } from '@bus/core';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';
import { examples } from './support/examples.ts';
import {
  bytesOf,
  empty,
  frame,
  interest,
  json,
  jsonOf,
  kind,
  messages,
  name,
  numbers,
  plain,
  record,
  type,
  varint,
} from './support/raw-bytes.ts';
import type { RawPeer } from './support/raw-peer.ts';
import type { Listening, TestBusOptions } from './support/test-bus.ts';
import { listening } from './support/test-bus.ts';

const page = examples();

function example(name: string): Buffer {
  const found = page.get(name);
  if (found === undefined) throw new Error(`the page shows no ${name}`);
  return found;
}

/** A bus whose randomness is the page's. */
function shopOptions(): TestBusOptions {
  const randomBytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, i) => i + 1);
  return { id: 'shop', env: Object.assign(virtualEnv(), { randomBytes }) as unknown as Env };
}

/** What a peer has been sent since it was last asked, as hex: then a difference can be read. */
function news(peer: RawPeer): () => string {
  let seen = 0;
  return () => {
    const all = Buffer.from(peer.bytes);
    const fresh = all.subarray(seen);
    seen = all.length;
    return fresh.toString('hex');
  };
}

const hexOf = (...names: readonly string[]): string =>
  Buffer.concat(names.map(example)).toString('hex');

async function shop(): Promise<Listening & { till: RawPeer; said: () => string }> {
  const made = await listening({ limits: { windowMessages: 2 } }, shopOptions());
  const { bus, env, dial } = made;
  bus.subscribe('orders.*', () => undefined, { name: 'orders' });
  bus.handle('price.get', (message) => {
    if ((message.payload as { sku: string }).sku === 'a1') return { cents: 250 };
    throw Object.assign(new Error('no such sku'), { code: 'SHOP_UNKNOWN' });
  });
  bus.handle('price.all', async function* () {
    yield 1;
    yield 2;
  });
  const till = dial();
  const said = news(till);
  till.greet({ busId: 'till' });
  await env.settle();
  return { ...made, till, said };
}

describe('this package writes what the page shows', () => {
  it('when it greets and offers', async () => {
    const { said } = await shop();
    const nothing = json(type.offer, []).toString('hex');
    expect(said()).toBe(`${hexOf('hello', 'welcome')}${nothing}${hexOf('offer')}`);
  });

  it('when it publishes and asks', async () => {
    const { bus, env, till, said } = await shop();
    const stock = interest(3, 'stock.get', { kinds: ['request'] });
    till.say(json(type.offer, [interest(1, 'stock.low'), interest(2, 'stock.*'), stock]));
    await env.settle();
    said();
    await bus.publish('stock.low', { sku: 'a1' });
    await env.settle();
    expect(said()).toBe(hexOf('event'));
    const asked = bus.request('stock.get', { sku: 'a1' }, { timeoutMs: 1000 });
    await env.settle();
    expect(said()).toBe(hexOf('request'));
    till.say(messages(record(kind.reply, varint(0), bytesOf('81a16e05'))));
    expect(await asked).toEqual({ n: 5 });
  });

  it('when it answers, streams and gives credit', async () => {
    const { env, till, said } = await shop();
    const ask = async (id: number, many: string, about: Buffer): Promise<void> => {
      till.say(messages(record(kind.request, varint(id), bytesOf(many), about)));
      await env.settle();
    };
    till.say(messages(name(0, 'price.get'), name(1, 'price.all')));
    said();
    await ask(1, '00', plain(2, 0, bytesOf('81a3736b75a26131')));
    expect(said()).toBe(hexOf('reply', 'credit'));
    await ask(2, '00', plain(2, 0, bytesOf('81a3736b75a26132')));
    expect(said()).toBe(hexOf('failure', 'credit'));
    await ask(3, '01', plain(3, 1, bytesOf('81a16e05')));
    const credit = Buffer.from(example('credit'));
    credit[7] = 5 + 6 + 4;
    const items = [example('stream'), credit, example('item')];
    expect(said()).toBe(Buffer.concat(items).toString('hex'));
  });

  it('when it sends what is to be acknowledged, and acknowledges', async () => {
    const { env, linked, host } = await listening({}, shopOptions());
    const interests = { pattern: 'till.closed', kinds: ['event'], acknowledges: true } as const;
    host.addEndpoint({ ...interests, handler: () => undefined });
    const till = await linked('till');
    till.say(json(type.offer, [interest(1, 'stock.moved', { acknowledges: true })]));
    await env.settle();
    const said = news(till);
    said();
    const completion = { settled: () => undefined };
    void host.send('event', 'stock.moved', { sku: 'a1' }, undefined, { completion });
    await env.settle();
    expect(said()).toBe(hexOf('acked'));
    const event = (id: number): Buffer =>
      record(kind.ackedEvent, varint(id), plain(1, 0, bytesOf('01')));
    till.say(messages(name(0, 'till.closed'), event(0), event(1), event(2)));
    await env.settle();
    expect(said()).toBe(hexOf('ack'));
  });

  it('when it is idle, and when it stops', async () => {
    const { bus, env, till, said } = await shop();
    said();
    await env.advance(1500);
    expect(said()).toBe(hexOf('ping'));
    const stopped = bus.stop();
    await env.settle();
    expect(till.of(type.leave)).toHaveLength(1);
    said();
    till.say(empty(type.left));
    await env.settle();
    await stopped;
    expect(said()).toBe(hexOf('bye'));
    expect(till.closed).toBe(true);
  });
});

/** Our bus as the page's other side; the test plays the shop. */
async function till(): Promise<Listening & { shop: RawPeer }> {
  const made = await listening({}, { id: 'till' });
  const shop = made.dial();
  shop.say(example('hello'), example('welcome'));
  await made.env.settle();
  shop.say(example('offer'));
  await made.env.settle();
  return { ...made, shop };
}

describe('this package takes what the page shows', () => {
  it('as a hello and an offer', async () => {
    const { bus, link, shop } = await till();
    expect(link('shop')).toMatchObject({ state: 'up', codec: 'msgpack', interests: { theirs: 3 } });
    expect(bus.endpoints('orders.*')).toHaveLength(1);
    expect(shop.byeCode).toBeUndefined();
  });

  it('as an event, and also for another interest', async () => {
    const { bus, env, shop } = await till();
    const got: unknown[] = [];
    bus.subscribe('stock.low', ({ topic, payload, source, time }) =>
      got.push([1, topic, payload, source, time]),
    );
    bus.subscribe('stock.*', ({ topic, payload, id }) => got.push([2, topic, payload, id]));
    await env.settle();
    shop.say(example('event'));
    await env.settle();
    const payload = { sku: 'a1' };
    expect(got).toEqual([
      [1, 'stock.low', payload, 'shop', 1_700_000_000_000],
      [2, 'stock.low', payload, '040506070809-0'],
    ]);
  });

  it('as a request', async () => {
    const { bus, env, shop } = await till();
    // The page's request is for interest 3.
    bus.subscribe('a', () => undefined);
    bus.subscribe('b', () => undefined);
    bus.handle('stock.get', ({ payload, deadline, topic }) => ({ payload, deadline, topic }));
    await env.settle();
    shop.say(example('request'));
    await env.settle();
    const [answer] = shop.of(type.messages);
    expect(answer?.body.toString('latin1')).toContain('stock.get');
    expect(answer?.body.readUInt8(6)).toBe(kind.reply);
  });

  it('as a reply, a failure and a stream', async () => {
    const { bus, env, shop } = await till();
    // Ids begin with 0, and the page's examples have 1, 2 and 3.
    bus.request('price.get', {}).catch(() => undefined);
    const replied = bus.request('price.get', { sku: 'a1' });
    const failed = bus.request('price.get', { sku: 'a2' }).catch((error: unknown) => error);
    const streamed = bus.requestMany('price.all', {})[Symbol.asyncIterator]();
    await env.settle();
    // The shop's window is of two messages.
    shop.say(frame(type.credit, numbers(2, 100)));
    await env.settle();
    shop.say(example('reply'), example('failure'), example('stream'), example('item'));
    expect(await replied).toEqual({ cents: 250 });
    expect(await failed).toMatchObject({
      code: 'SHOP_UNKNOWN',
      name: 'Error',
      message: 'no such sku',
    });
    expect(await streamed.next()).toEqual({ done: false, value: 1 });
  });

  it('as an event to be acknowledged, and an ack', async () => {
    const { env, linked, host } = await listening({}, { id: 'till' });
    const got: unknown[] = [];
    host.addEndpoint({
      pattern: 'stock.moved',
      kinds: ['event'],
      acknowledges: true,
      handler: ({ payload }) => void got.push(payload),
    });
    const peer = await linked('shop');
    peer.say(json(type.offer, [interest(1, 'till.closed', { acknowledges: true })]));
    await env.settle();
    peer.say(example('acked'));
    await env.settle();
    expect(got).toEqual([{ sku: 'a1' }]);
    const values: unknown[] = [];
    const settled = (...[, , , value]: readonly unknown[]): void => void values.push(value);
    for (let n = 0; n < 3; n++) {
      void host.send('event', 'till.closed', n, undefined, { completion: { settled } });
    }
    await env.settle();
    peer.say(example('ack'));
    expect(values).toEqual([1, 1, 1]);
  });

  it('as credit, a ping and a goodbye', async () => {
    const { env, shop, link, errors } = await till();
    shop.say(example('credit'), example('ping'));
    await env.settle();
    expect(shop.of(type.pong)).toHaveLength(1);
    expect(link().state).toBe('up');
    shop.say(example('bye'));
    await env.settle();
    expect(shop.closed).toBe(true);
    expect(shop.byeCode).toBeUndefined();
    expect(errors).toEqual([]);
    expect(jsonOf({ type: type.bye, body: example('bye').subarray(6) })).toMatchObject({
      code: 'BUS_CLOSED',
    });
  });
});

it('shows every kind of example the page promises', () => {
  const wanted =
    'hello welcome offer event request reply failure stream item acked ack credit ping bye';
  expect([...page.keys()].sort()).toEqual(wanted.split(' ').sort());
});
