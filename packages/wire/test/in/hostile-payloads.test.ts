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
    ['nests 33 deep', Buffer.concat([Buffer.alloc(33, 0x91), one]), tooMuch],
    ['is an extension', bytesOf('d40001'), bad],
    ['is a bomb of clone pointers', bytesOf('93d6690000000193010203d67000000001d67000000001'), bad],
    ['has a key that is no text', bytesOf('810101'), bad],
    [
      'holds 20,000 empty maps',
      Buffer.concat([bytesOf('dc4e20'), Buffer.alloc(20_000, 0x80)]),
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

  it('costs nobody but its sender a link, also where a hub would only pass it on', async () => {
    const { env, linked } = await listening();
    const reader = await linked('reader');
    reader.say(json(type.offer, [interest(1, 'news')]));
    await env.settle();
    const attacker = await linked('attacker');
    const [offered] = attacker.of(type.offer).flatMap((offer) => jsonOf(offer) as { id: number }[]);
    const send = (payload: Buffer): void =>
      attacker.say(messages(name(0, 'news')), event(plain(offered?.id ?? 0, 0, payload)));
    send(bytesOf('9101'));
    await env.settle();
    expect(reader.of(type.messages)).toHaveLength(1);
    send(bytesOf('91d40001'));
    await env.settle();
    expect(reader.of(type.messages)).toHaveLength(1);
    expect([attacker.byeCode, reader.closed]).toEqual([bad, false]);
  });
});
