import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import { bytesOf, empty, frame, json, jsonOf, messages, type } from '../support/raw-bytes.ts';
import { plainHello } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

const bad = 'WIRE_PROTOCOL_ERROR';

describe('before the handshake is done', () => {
  it.each([
    ['welcome', empty(type.welcome)],
    ['offer', json(type.offer, [])],
    ['messages', messages()],
    ['credit', frame(type.credit, bytesOf('0101'))],
    ['ping', empty(type.ping)],
    ['credentials', json(type.credentials, {})],
    ['leave', empty(type.leave)],
    ['a type nobody knows', empty(99)],
  ])('%s is refused, before a hello and after it', async (_what, bytes) => {
    const { dial, env } = await listening();
    const early = dial();
    early.say(bytes);
    const later = dial();
    later.hello();
    later.say(bytes);
    await env.settle();
    expect([early.closed, early.byeCode]).toEqual([true, bad]);
    if (bytes.readUInt8(4) === type.welcome) expect(later.closed).toBe(false);
    else expect([later.closed, later.byeCode]).toEqual([true, bad]);
  });

  it('a listener says nothing, and nothing but hello and welcome after it', async () => {
    const { dial, env } = await listening();
    const peer = dial();
    await env.settle();
    expect(peer.frames).toEqual([]);
    peer.hello();
    await env.settle();
    expect(peer.frames.map((each) => each.type)).toEqual([type.hello, type.welcome]);
  });

  it('a bye ends it without an answer', async () => {
    const { dial, env } = await listening();
    const peer = dial();
    await env.settle();
    peer.say(json(type.bye, { code: 'NO', message: 'thanks' }));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, undefined]);
  });

  it('who says nothing, or never welcomes us, is closed after helloMs', async () => {
    const { dial, env } = await listening({ limits: { helloMs: 3000 } });
    const silent = dial();
    const slow = dial();
    slow.say(json(type.hello, plainHello).subarray(0, 20));
    const unwelcoming = dial();
    unwelcoming.hello();
    await env.advance(2999);
    expect([silent.closed, slow.closed, unwelcoming.closed]).toEqual([false, false, false]);
    await env.advance(1);
    for (const peer of [silent, slow, unwelcoming]) {
      expect([peer.closed, peer.byeCode]).toEqual([true, 'WIRE_UNAUTHORIZED']);
    }
  });
});

describe('a hello', () => {
  it.each([
    ['of another version', { protocol: 2 }, 'WIRE_VERSION_MISMATCH'],
    ['of no version', { protocol: undefined }, 'WIRE_VERSION_MISMATCH'],
    ['without an id', { busId: '' }, bad],
    ['with an id of 129 characters', { busId: 'x'.repeat(129) }, bad],
    ['with an id that is a number', { busId: 7 }, bad],
    ['without an instance', { instance: undefined }, bad],
    ['without an id prefix', { idPrefix: undefined }, bad],
    ['without codecs', { codecs: undefined }, bad],
    ['with 17 codecs', { codecs: Array(17).fill('msgpack') }, bad],
    ['with no codec of ours', { codecs: ['xml'] }, bad],
    ['without limits', { limits: undefined }, bad],
    ['with a limit of 0', { limits: { ...plainHello.limits, windowMessages: 0 } }, bad],
    ['with a limit that is no number', { limits: { ...plainHello.limits, depth: '32' } }, bad],
    ['with a limit missing', { limits: { ...plainHello.limits, nodes: undefined } }, bad],
    ['with credentials that are no object', { credentials: [] }, bad],
    [
      'of 4,096 bytes and more',
      { credentials: { token: 'x'.repeat(4096) } },
      'WIRE_LIMIT_EXCEEDED',
    ],
  ])('%s is refused', async (_what, parts, code) => {
    const { dial, env } = await listening();
    const peer = dial();
    peer.hello(parts);
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, code]);
    expect(peer.of(type.welcome)).toEqual([]);
  });

  it('that is no object, or not JSON at all, is refused', async () => {
    const { dial, env } = await listening();
    for (const body of ['[]', 'null', '{', '"hello"']) {
      const peer = dial();
      peer.say(frame(type.hello, Buffer.from(body)));
      await env.settle();
      expect([body, peer.byeCode]).toEqual([body, bad]);
    }
  });

  it('of our own id, instance or id prefix is refused', async () => {
    const { dial, env } = await listening();
    const listener = dial();
    listener.hello({ busId: 'another' });
    await env.settle();
    const [hello] = listener.of(type.hello);
    if (hello === undefined) throw new Error('no hello was said');
    const { instance, idPrefix } = jsonOf(hello) as { instance: string; idPrefix: string };
    for (const parts of [{ busId: 'hub' }, { instance }, { idPrefix }]) {
      const peer = dial();
      peer.greet(parts);
      await env.settle();
      expect([parts, peer.closed, peer.byeCode]).toEqual([parts, true, bad]);
    }
  });

  it('of an id that is linked already is refused, and the first link stays', async () => {
    const { linked, dial, env } = await listening();
    const first = await linked('peer', { instance: 'one' });
    const second = dial();
    second.greet({ instance: 'two', idPrefix: 'two' });
    await env.settle();
    expect([first.closed, second.byeCode]).toEqual([false, bad]);
  });

  it('of an id that another gets linked by meanwhile is refused too', async () => {
    const { dial, env } = await listening();
    const peers = [dial(), dial()];
    for (const [at, peer] of peers.entries()) {
      peer.hello({ instance: `number ${at}`, idPrefix: `${at}` });
    }
    await env.settle();
    for (const peer of peers) peer.say(empty(type.welcome));
    await env.settle();
    expect(peers.map(({ byeCode }) => byeCode)).toEqual([undefined, bad]);
  });

  it('of a bus that is linked by another of its transports is refused as that', async () => {
    const { linked, dial, env } = await listening();
    const first = await linked('peer', { instance: 'one' });
    const second = dial();
    second.greet({ instance: 'two' });
    await env.settle();
    expect([first.closed, second.byeCode]).toEqual([false, 'WIRE_LINK_DUPLICATE']);
  });

  it('of the same instance takes the place of the link before', async () => {
    const { linked, bus } = await listening();
    const first = await linked('peer', { instance: 'one' });
    const second = await linked('peer', { instance: 'one' });
    expect([first.closed, second.closed]).toEqual([true, false]);
    expect(bus.inspect().links).toHaveLength(1);
  });
});

describe('the codec of a link', () => {
  const both = [msgpackCodec(), jsonCodec()];

  it.each([
    [both, ['msgpack', 'json'], 'msgpack'],
    [both, ['json'], 'json'],
    [[jsonCodec()], ['msgpack', 'json'], 'json'],
    // Both sides have to come to the same where they prefer different ones.
    [both, ['json', 'msgpack'], 'json'],
    [[...both].reverse(), ['msgpack', 'json'], 'json'],
    [both, ['xml', 'msgpack'], 'msgpack'],
  ])('%j and %j agree on %s', async (codec, codecs, agreed) => {
    const { linked, link } = await listening({ codec });
    await linked('peer', { codecs });
    expect(link().codec).toBe(agreed);
  });
});
