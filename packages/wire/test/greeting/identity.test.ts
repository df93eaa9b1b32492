import { describe, expect, it } from 'vitest';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import type { Authenticate, LinkOptions } from '../../src/plugin/options.ts';
import {
  bytesOf,
  interest,
  json,
  kind,
  messages,
  name,
  plain,
  record,
  type,
} from '../support/raw-bytes.ts';
import type { HelloParts, RawPeer } from '../support/raw-peer.ts';
import { TestListener } from '../support/raw-peer.ts';
import type { Listening } from '../support/test-bus.ts';
import { listening } from '../support/test-bus.ts';

const taken = 'WIRE_PROTOCOL_ERROR';
const refused = 'WIRE_UNAUTHORIZED';

/** By badge, who somebody is; what the badge `shop` shows is the bus `shop`, whatever it says. */
const byBadge: Authenticate = ({ credentials: { badge } }) =>
  badge === undefined ? 'anybody' : { principal: `keeper of ${badge}`, busId: String(badge) };

interface Doors extends Listening {
  /** Says hello by the second transport. */
  other(busId: string, parts?: HelloParts): Promise<RawPeer>;
  /** The same by the first, and does not mind being refused. */
  first(busId: string, parts?: HelloParts): Promise<RawPeer>;
}

/** A bus with two transports. */
async function twoDoors(links: LinkOptions = {}, others: LinkOptions = links): Promise<Doors> {
  const second = new TestListener();
  const made = await listening(links, { plugins: [defineTransport(second, others)] });
  const greet =
    (dial: () => RawPeer) =>
    async (busId: string, parts: HelloParts = {}): Promise<RawPeer> => {
      const peer = dial();
      peer.greet({ busId, instance: `of ${busId}`, idPrefix: `${busId}-`, ...parts });
      await made.env.settle();
      if (!peer.closed) peer.say(json(type.offer, []));
      return peer;
    };
  return { ...made, other: greet(() => second.dial()), first: greet(() => made.dial()) };
}

describe('an id is one peer’s', () => {
  it.each([
    ['of another start', { instance: 'another', idPrefix: 'another-' }],
    ['that shows the same instance, which is no proof', {}],
  ])('over all transports: a second %s is refused, and the first stays', async (_what, parts) => {
    const { first, other, env, bus } = await twoDoors();
    const shop = await first('shop');
    const eve = await other('shop', parts);
    expect([shop.closed, eve.closed, eve.byeCode]).toEqual([false, true, taken]);
    shop.events?.closed();
    await env.settle();
    expect((await other('shop', parts)).closed).toBe(false);
    expect(bus.inspect().links).toMatchObject([{ peer: 'shop', state: 'up' }]);
  });

  it('also where both are let in at the same time', async () => {
    const { other, dial, env } = await twoDoors();
    const shop = dial();
    shop.hello({ busId: 'shop' });
    await env.settle();
    const eve = await other('shop', { instance: 'another' });
    shop.say(Buffer.from([0, 0, 0, 2, type.welcome, 0]));
    await env.settle();
    expect([eve.closed, shop.byeCode]).toEqual([false, taken]);
  });

  it('who comes back by the same transport takes the place of the link before', async () => {
    const { first } = await twoDoors();
    const before = await first('shop');
    const after = await first('shop');
    expect([before.byeCode, after.closed]).toEqual([taken, false]);
  });
});

describe('an id that authenticate has named', () => {
  it('is what the peer is called, whatever it says', async () => {
    const { first, env, bus, link } = await twoDoors({ authenticate: byBadge });
    const sources: string[] = [];
    bus.subscribe('a', ({ source }) => void sources.push(source));
    const peer = await first('hub-of-hubs', { credentials: { badge: 'shop' } });
    peer.say(messages(name(0, 'a'), record(kind.event, plain(1, 0, bytesOf('01')))));
    await env.settle();
    expect([sources, link('shop').state]).toEqual([['shop'], 'up']);
  });

  it('is kept from whoever only claims it, and takes it from them', async () => {
    const { first, other } = await twoDoors({ authenticate: byBadge });
    const eve = await other('shop');
    expect(eve.closed).toBe(false);
    const shop = await first('any', { credentials: { badge: 'shop' } });
    expect([eve.byeCode, shop.closed]).toEqual([taken, false]);
    for (const again of [await other('shop'), await first('shop')]) {
      expect([shop.closed, again.byeCode]).toEqual([false, taken]);
    }
  });

  it('brings its bus back at once, started anew or by another transport', async () => {
    const { first, other } = await twoDoors({ authenticate: byBadge });
    const credentials = { badge: 'shop' };
    const before = await first('shop', { credentials });
    const anew = await first('shop', { credentials, instance: 'another', idPrefix: 'anew-' });
    expect([before.byeCode, anew.closed]).toEqual([taken, false]);
    const elsewhere = await other('shop', { credentials, instance: 'third', idPrefix: 'third-' });
    expect([anew.byeCode, elsewhere.closed]).toEqual([taken, false]);
  });

  it('gives way to no second link of the same bus, which would take turns with the first', async () => {
    const { first } = await twoDoors({ authenticate: byBadge });
    const credentials = { badge: 'shop' };
    const shop = await first('shop', { credentials });
    const second = await first('shop', { credentials, instance: 'another transport' });
    expect([shop.closed, second.byeCode]).toEqual([false, 'WIRE_LINK_DUPLICATE']);
  });

  it('gives way to none by another transport of ours either', async () => {
    const { first, other } = await twoDoors({ authenticate: byBadge });
    const credentials = { badge: 'shop' };
    const shop = await first('shop', { credentials });
    const second = await other('shop', { credentials, instance: 'another transport' });
    expect([shop.closed, second.byeCode]).toEqual([false, 'WIRE_LINK_DUPLICATE']);
  });

  it('has to be one that can be printed, and not ours', async () => {
    for (const busId of ['', 'a\nb', 'x'.repeat(129), 7, undefined]) {
      const authenticate: Authenticate = () => ({ principal: 'p', busId });
      const { first } = await twoDoors({ authenticate });
      const peer = await first('shop');
      expect([busId, peer.byeCode]).toEqual([busId, busId === undefined ? undefined : refused]);
    }
    const { first } = await twoDoors({ authenticate: () => ({ principal: 'p', busId: 'hub' }) });
    expect((await first('shop')).byeCode).toBe(taken);
  });

  it('needs a principal beside it', async () => {
    const authenticate: Authenticate = () => ({ principal: undefined, busId: 'shop' });
    const { first } = await twoDoors({ authenticate });
    expect((await first('shop')).byeCode).toBe(refused);
  });

  it('is what authorize hears the principal of', async () => {
    const principals: unknown[] = [];
    const { first, env } = await twoDoors({
      authenticate: byBadge,
      authorize: (principal) => principals.push(principal) > 0,
    });
    const peer = await first('any', { credentials: { badge: 'shop' } });
    peer.say(json(type.offer, [interest(1, 'a')]));
    await env.settle();
    expect(principals).toEqual(['keeper of shop']);
  });

  it('cannot be changed by new credentials', async () => {
    const { first, env } = await twoDoors({ authenticate: byBadge });
    const peer = await first('any', { credentials: { badge: 'shop' } });
    peer.say(json(type.credentials, { badge: 'shop' }));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(json(type.credentials, { badge: 'bank' }));
    await env.settle();
    expect(peer.byeCode).toBe(refused);
  });
});

it('credentials are shown anew at most as often as attempts are allowed', async () => {
  let checked = 0;
  const authenticate: Authenticate = () => ++checked;
  const { first, env } = await twoDoors({ authenticate, limits: { attemptsPerSecond: 5 } });
  const peer = await first('shop');
  for (let second = 0; second < 3; second++) {
    for (let i = 0; i < 5; i++) {
      peer.say(json(type.credentials, {}));
      await env.settle();
    }
    await env.advance(1000);
  }
  expect([peer.closed, checked]).toEqual([false, 16]);
  for (let i = 0; i < 6; i++) {
    peer.say(json(type.credentials, {}));
    await env.settle();
  }
  expect([peer.byeCode, checked]).toEqual(['WIRE_LIMIT_EXCEEDED', 21]);
});
