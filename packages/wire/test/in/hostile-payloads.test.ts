import type { BusError } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { attackScene, event, headers } from '../support/attack-scene.ts';
import {
  bytesOf,
  interest,
  json,
  jsonOf,
  messages,
  name,
  numbers,
  plain,
  type,
  varint,
} from '../support/raw-bytes.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
const bad = 'WIRE_PROTOCOL_ERROR';
const tooMuch = 'WIRE_LIMIT_EXCEEDED';

describe('a payload nobody may send', () => {
  const payloads: readonly (readonly [what: string, payload: Buffer, code: string])[] = [
    ['is cut', bytesOf('82a161'), bad],
    ['has bytes after it', bytesOf('0101'), bad],
    ['claims 4 billion entries', bytesOf('ddffffffff'), bad],
    ['nests 129 deep', Buffer.concat([Buffer.alloc(129, 0x91), one]), tooMuch],
    ['is an extension', bytesOf('d44001'), bad],
    ['is a list with a tag that nobody knows', bytesOf('c19163'), bad],
    ['is a Map with a key and no value', bytesOf('c1920801'), bad],
    ['is an error of no known class', bytesOf('c1940ba3466f6f8080'), bad],
    ['is bytes of no known class', bytesOf('c1930aa3466f6fc40101'), bad],
    [
      'is floats of three bytes',
      bytesOf('c1930aac466c6f61743332417272617900'.replace(/00$/, 'c403010203')),
      bad,
    ],
    ['is a URL that is none', bytesOf('c1920ca26161'), bad],
    ['is a bomb of clone pointers', bytesOf('93d6690000000193010203d67000000001d67000000001'), bad],
    ['has a key that is no text', bytesOf('810101'), bad],
    [
      'holds two million empty maps',
      Buffer.concat([bytesOf('dd001e8480'), Buffer.alloc(2_000_000, 0x80)]),
      tooMuch,
    ],
  ];

  it.each(payloads)(
    'closes the link when it is read: one that %s',
    async (_what, payload, code) => {
      const { attacker, env, bystanderIsFine, errors } = await attackScene();
      attacker.say(event(plain(1, 0, payload)));
      await env.settle();
      expect(attacker.closed).toBe(true);
      expect(attacker.byeCode).toBe(code);
      expect(errors.map(({ cause }) => (cause as BusError).code)).toEqual([code]);
      await bystanderIsFine();
    },
  );

  it('cannot pollute anything by __proto__, in the payload or the headers', async () => {
    const { attacker, env, bus } = await attackScene();
    const seen: unknown[] = [];
    bus.subscribe('open.*', ({ payload, headers }) =>
      seen.push(Object.getPrototypeOf(payload), Object.getPrototypeOf(headers), headers.polluted),
    );
    const payload = bytesOf('81a95f5f70726f746f5f5f81a8706f6c6c75746564c3');
    const fields = headers(1, '__proto__', 'polluted');
    attacker.say(event(varint(1), Buffer.from([16]), numbers(0, 0), fields, payload));
    await env.settle();
    expect(attacker.closed).toBe(false);
    expect(seen).toEqual([Object.prototype, null, undefined]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['an extension', '91d44001'],
    ['a tag that nobody knows', 'c19163'],
  ])(
    'costs nobody but its sender a link, also where a hub would only pass it on: %s',
    async (_what, hex) => {
      const { env, linked } = await listening();
      const reader = await linked('reader');
      reader.say(json(type.offer, [interest(1, 'news')]));
      await env.settle();
      const attacker = await linked('attacker');
      const [offered] = attacker
        .of(type.offer)
        .flatMap((offer) => jsonOf(offer) as { id: number }[]);
      const send = (payload: Buffer): void =>
        attacker.say(messages(name(0, 'news')), event(plain(offered?.id ?? 0, 0, payload)));
      send(bytesOf('9101'));
      await env.settle();
      expect(reader.of(type.messages)).toHaveLength(1);
      send(bytesOf(hex));
      await env.settle();
      expect(reader.of(type.messages)).toHaveLength(1);
      expect([attacker.byeCode, reader.closed]).toEqual([bad, false]);
    },
  );
});
