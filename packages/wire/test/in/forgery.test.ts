import type { Message } from '@bus/core';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  interest,
  json,
  jsonOf,
  kind,
  messages,
  name,
  numbers,
  plain,
  record,
  text,
  type,
  varint,
} from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import type { Listening } from '../support/test-bus.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
/** An event that says it comes from elsewhere: topic in slot 0, source in 1, id prefix in 2. */
function relayed(hops = 1, flags = 1, ...fields: readonly Uint8Array[]): Buffer {
  const head = [varint(1), Buffer.from([flags]), numbers(0, 1, 2, 5, hops)];
  return record(kind.event, ...head, ...fields, one);
}

function names(topic: string, source: string, prefix: string): Buffer {
  return messages(name(0, topic), name(1, source), name(2, prefix));
}

/** The code of the failure a peer was last answered with. */
function failureCode(peer: RawPeer): string | undefined {
  const failure = peer.records.findLast((answer) => answer.kind === kind.failure);
  return /([A-Z]+(?:_[A-Z]+)+)/.exec(failure?.content.toString('latin1') ?? '')?.[1];
}

interface Scene extends Listening {
  readonly got: Message[];
  readonly peer: RawPeer;
}

async function scene(links = {}, pattern = 'open.*'): Promise<Scene> {
  const made = await listening(links);
  const got: Message[] = [];
  made.bus.subscribe(pattern, (message) => got.push(message));
  const peer = await made.linked('peer');
  return { ...made, got, peer };
}

describe('the source of a message', () => {
  it('is the peer, whatever an untrusted one says', async () => {
    const { peer, env, got } = await scene();
    peer.say(names('open.a', 'the-boss', 'boss-'), messages(relayed()));
    await env.settle();
    expect(got.map(({ source, hops, id }) => [source, hops, id])).toEqual([['peer', 2, 'boss-5']]);
  });

  it('is what a trusted peer says', async () => {
    const { peer, env, got } = await scene({ trusted: true });
    peer.say(names('open.a', 'another', 'another-'), messages(relayed()));
    await env.settle();
    expect(got.map(({ source, hops }) => [source, hops])).toEqual([['another', 2]]);
  });

  it('and its id prefix do not outlive the message that named them', async () => {
    const { peer, env, got, link } = await scene({ trusted: true });
    peer.say(names('open.a', 'another', 'another-'));
    peer.say(messages(relayed(), record(kind.event, plain(1, 0, one, 9))));
    await env.settle();
    expect(got.map(({ source, id, hops }) => [source, id, hops])).toEqual([
      ['another', 'another-5', 2],
      ['peer', 'peer-9', 1],
    ]);
    expect(link().refused).toEqual({ loops: 0, forbidden: 0 });
  });
});

describe('headers of the bus', () => {
  const fields = [varint(2), ...['bus-trace', 'x', 'own', 'y'].map(text)];

  it.each([
    [false, { own: 'y' }],
    [true, { own: 'y', 'bus-trace': 'x' }],
  ])('are a peer to set where it is trusted: %s', async (trusted, headers) => {
    const { peer, env, got } = await scene({ trusted });
    peer.say(names('open.a', 'p', 'p-'), messages(relayed(1, 17, ...fields)));
    await env.settle();
    expect(got.map((message) => ({ ...message.headers }))).toEqual([headers]);
  });
});

describe('a message that has come round', () => {
  it('is dropped and counted by the id prefix of this bus, and the next one is not', async () => {
    const { peer, env, got, link } = await scene({ trusted: true });
    const [hello] = peer.of(type.hello);
    if (hello === undefined) throw new Error('no hello was said');
    const { idPrefix } = jsonOf(hello) as { idPrefix: string };
    peer.say(names('open.a', 'hub', idPrefix));
    peer.say(
      messages(relayed(), record(kind.also, varint(1)), record(kind.event, plain(1, 0, one))),
    );
    await env.settle();
    expect(got.map(({ source }) => source)).toEqual(['peer']);
    expect(link().refused).toEqual({ loops: 2, forbidden: 0 });
    expect(peer.closed).toBe(false);
  });

  it('is rejected by its hops', async () => {
    const { peer, env, got, errors } = await scene();
    peer.say(names('open.a', 'x', 'x-'), messages(relayed(8)));
    await env.settle();
    expect(got).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(['BUS_HOPS_EXCEEDED']);
    expect(peer.closed).toBe(false);
  });
});

describe('a message that was not asked for', () => {
  it.each([
    ['on a topic the interest does not match', {}, 'closed.a'],
    ['on what is no topic', {}, 'open..a'],
    ['on a topic outside of `receive`', { receive: ['open.b'] }, 'open.a'],
    ['on a topic of the bus itself', {}, '$bus.peer.up'],
  ])('is dropped and counted: %s', async (_what, links, topic) => {
    const { peer, env, got, link } = await scene(links, topic.startsWith('$') ? '**' : 'open.*');
    peer.say(names(topic, 'x', 'x-'), messages(record(kind.event, plain(1, 0, one)), relayed()));
    await env.settle();
    expect(got).toEqual([]);
    expect(link().refused.forbidden).toBe(2);
    expect(peer.closed).toBe(false);
  });

  it('is dropped and counted: an event for a handler of requests', async () => {
    const { peer, env, bus, link } = await scene();
    let calls = 0;
    bus.handle('ask', () => ++calls);
    await env.settle();
    peer.say(messages(name(0, 'ask'), record(kind.event, plain(2, 0, one))));
    await env.settle();
    expect([calls, link().refused.forbidden, peer.closed]).toEqual([0, 1, false]);
  });

  it('is dropped and counted: an also for an interest of another topic or kind', async () => {
    const { peer, env, bus, got, link } = await scene();
    bus.handle('open.a', () => got.push({} as Message));
    bus.subscribe('closed.*', (message) => got.push(message));
    await env.settle();
    const also = [2, 3].map((id) => record(kind.also, varint(id)));
    peer.say(messages(name(0, 'open.a'), record(kind.event, plain(1, 0, one)), ...also));
    await env.settle();
    expect([got.length, link().refused.forbidden, peer.closed]).toEqual([1, 2, false]);
  });

  it('is refused with WIRE_FORBIDDEN where it is a request', async () => {
    const { peer, env, link } = await scene();
    peer.say(messages(name(0, 'open.a'), record(kind.request, numbers(4, 0), plain(1, 0, one))));
    await env.settle();
    expect(failureCode(peer)).toBe('WIRE_FORBIDDEN');
    // Its asker must not take that for a fault of the handler.
    expect(peer.records.at(-1)?.content.toString('latin1')).toMatch(/outcome.rejected/);
    expect([link().refused.forbidden, peer.closed]).toEqual([1, false]);
  });

  it('goes nowhere where its interest has just been revoked, and a request is told so', async () => {
    const { bus, peer, env, link } = await scene();
    const leaving = bus.subscribe('gone', () => undefined);
    await env.settle();
    leaving.stop();
    await env.settle();
    peer.say(messages(name(0, 'gone'), record(kind.event, plain(2, 0, one))));
    peer.say(messages(record(kind.request, numbers(4, 0), plain(2, 0, one))));
    await env.settle();
    expect(failureCode(peer)).toBe('BUS_NO_ROUTE');
    expect([link().refused.forbidden, peer.closed]).toEqual([0, false]);
  });

  it('on a topic of the bus itself comes in where both a pattern and `receive` name it', async () => {
    const { peer, env, got } = await scene({ receive: ['$bus.peer.*'] }, '$bus.peer.*');
    peer.say(messages(name(0, '$bus.peer.far'), record(kind.event, plain(1, 0, one))));
    await env.settle();
    expect(got.map(({ topic, source }) => [topic, source])).toContainEqual([
      '$bus.peer.far',
      'peer',
    ]);
  });
});

describe('an answer', () => {
  async function asking(): Promise<Scene & { other: RawPeer; asked: Promise<unknown> }> {
    const made = await scene();
    const { bus, env, linked, peer } = made;
    const other = await linked('other');
    other.say(json(type.offer, [interest(1, 'price', { kinds: ['request'] })]));
    await env.settle();
    const asked = bus.request('price', 1, { timeoutMs: 1000 });
    asked.catch(() => undefined);
    await env.settle();
    expect(other.of(type.messages)).toHaveLength(1);
    expect(peer.of(type.messages)).toHaveLength(0);
    return { ...made, other, asked };
  }

  it.each([
    ['reply', record(kind.reply, varint(0), bytesOf('02'))],
    ['failure', record(kind.failure, varint(0), bytesOf('80'))],
    ['stream', record(kind.stream, varint(0))],
    ['item', record(kind.item, varint(0), bytesOf('02'))],
  ])(
    'of a peer that was not asked closes its link, and settles nothing: a %s',
    async (_what, said) => {
      const { peer, other, env, asked } = await asking();
      peer.say(messages(said));
      await env.settle();
      expect([peer.byeCode, other.closed]).toEqual(['WIRE_PROTOCOL_ERROR', false]);
      other.say(messages(record(kind.reply, varint(0), bytesOf('03'))));
      expect(await asked).toBe(3);
    },
  );

  it.each([1, 65_536, 2 ** 52])('under an id that was guessed closes the link: %i', async (id) => {
    const { other, env, asked } = await asking();
    other.say(messages(record(kind.reply, varint(id), bytesOf('03'))));
    await env.settle();
    expect(other.byeCode).toBe('WIRE_PROTOCOL_ERROR');
    await expect(asked).rejects.toMatchObject({ code: 'CORRELATION_PEER_GONE' });
  });

  it('that comes twice is taken once', async () => {
    const { other, env, asked } = await asking();
    const reply = record(kind.reply, varint(0), bytesOf('03'));
    other.say(messages(reply, reply));
    expect(await asked).toBe(3);
    await env.settle();
    expect(other.byeCode).toBe('WIRE_PROTOCOL_ERROR');
  });

  it('in items that come before they are wanted closes the link', async () => {
    const { bus, env, linked } = await scene();
    const other = await linked('other');
    other.say(json(type.offer, [interest(1, 'all', { kinds: ['request'] })]));
    await env.settle();
    const replies = bus.requestMany('all', 1, { timeoutMs: 1000 });
    await env.settle();
    const item = record(kind.item, varint(0), one);
    other.say(messages(record(kind.stream, varint(0)), item, item, item));
    await env.settle();
    expect(other.byeCode).toBe('WIRE_PROTOCOL_ERROR');
    await expect(replies.next()).resolves.toEqual({ done: false, value: 1 });
  });

  it.each([
    ['gives it up', 'one reply', 0],
    ['gives it up', 'many', 1],
    ['has no time left', 'one reply', 0],
    ['has no time left', 'many', 1],
  ])(
    'is the last word to an asker who %s and wanted %s, though its handler streams then',
    async (how, _what, many) => {
      const { peer, env, linked } = await scene();
      const other = await linked('other');
      other.say(json(type.offer, [interest(1, 'rows', { kinds: ['request'] })]));
      await env.settle();
      const offered = peer.of(type.offer).flatMap((offer) => jsonOf(offer) as { id: number }[]);
      const rows = varint(offered.at(-1)?.id ?? 0);
      // With 50 ms left, topic in slot 0.
      const message = Buffer.concat([rows, Buffer.from([4]), numbers(0, 0, 50), one]);
      peer.say(messages(name(0, 'rows'), record(kind.request, numbers(0, many), message)));
      await env.settle();
      if (how === 'gives it up') peer.say(messages(record(kind.cancel, varint(0))));
      await env.advance(100);
      other.say(messages(record(kind.stream, varint(0)), record(kind.item, varint(0), one)));
      await env.settle();
      const answers = [kind.reply, kind.failure, kind.stream, kind.item];
      const said = peer.records.map((each) => each.kind).filter((each) => answers.includes(each));
      expect(said).toEqual([kind.failure]);
      expect(other.records.at(-1)?.kind).toBe(kind.enough);
      other.say(messages(record(kind.reply, varint(0), one)));
      await env.settle();
      expect([peer.closed, other.closed]).toEqual([false, false]);
    },
  );

  it('to a question nobody may ask: more, enough and cancel for ids never seen are passed over', async () => {
    const { peer, env } = await scene();
    const kinds = [kind.more, kind.enough, kind.cancel];
    peer.say(messages(...kinds.map((each) => record(each, varint(77)))));
    await env.settle();
    expect(peer.closed).toBe(false);
  });
});
