import { describe, expect, it } from 'vitest';
import { attackScene, event, headers } from '../support/attack-scene.ts';
import {
  bytesOf,
  empty,
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
import { plainHello } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
const request = (id: number): Buffer =>
  record(kind.request, varint(id), bytesOf('00'), plain(2, 1, one));
/** An event on `open.a` with fields of our making: flags, then all else between sequence and payload. */
const withFields = (flags: number, ...fields: readonly Uint8Array[]): Buffer =>
  event(varint(1), Buffer.from([flags]), numbers(0, 0), ...fields, one);
const nested = (depth: number, open: string, end: string): Buffer =>
  Buffer.from(open.repeat(depth) + end.repeat(depth));
const bad = 'WIRE_PROTOCOL_ERROR';
const tooMuch = 'WIRE_LIMIT_EXCEEDED';

const attacks: readonly (readonly [what: string, bytes: Buffer, code: string])[] = [
  ['a frame of no length', bytesOf('00000000'.padEnd(16, '0')), bad],
  ['a frame of one byte', bytesOf('0000000108000000'), bad],
  ['a frame that claims 4 GiB', bytesOf('ffffffff0600'), tooMuch],
  ['a frame one byte too large', bytesOf('010200010600'), tooMuch],
  ['frame flags', bytesOf('000000020801'), bad],
  ['frame type 0', empty(0), bad],
  ['frame type 16', empty(16), bad],
  ['frame type 255 and a body', frame(255, Buffer.alloc(100)), bad],
  ['a second hello', json(type.hello, plainHello), bad],
  ['a second welcome', empty(type.welcome), bad],
  ['a welcome with a body', frame(type.welcome, one), bad],
  ['a ping with more than a number', frame(type.ping, Uint8Array.of(20, 1)), bad],
  ['a ping whose number ends too early', frame(type.ping, Uint8Array.of(0x80)), bad],
  ['a pong with a body', frame(type.pong, one), bad],
  ['a leave with a body', frame(type.leave, one), bad],
  ['a left with a body', frame(type.left, one), bad],
  ['a second leave', Buffer.concat([empty(type.leave), empty(type.leave)]), bad],
  ['credit cut short', frame(type.credit, one), bad],
  ['credit and a byte more', frame(type.credit, numbers(1, 1, 1)), bad],
  ['a number of nine bytes', frame(type.hold, Buffer.alloc(9, 0xff)), bad],
  ['a number above 2^53', frame(type.hold, bytesOf('ffffffffffffff7f')), bad],
  ['a hold and a byte more', frame(type.hold, numbers(1, 1)), bad],
  ['a revoke without an interest', frame(type.revoke), bad],
  ['an offer that is no JSON', frame(type.offer, Buffer.from('[{')), bad],
  ['an offer that is no list', json(type.offer, {}), bad],
  ['an offer of nothing', json(type.offer, [null]), bad],
  ['an offer that is not UTF-8', frame(type.offer, bytesOf('5b22ff225d')), bad],
  ['an offer of 64 KiB and more', frame(type.offer, Buffer.alloc(65_537, 0x20)), tooMuch],
  ['an offer of lists within lists', frame(type.offer, nested(30_000, '[', ']')), tooMuch],
  ['an offer of 20,000 empty lists', json(type.offer, Array(20_000).fill([])), tooMuch],
  ['an interest without kinds', json(type.offer, [interest(1, 'a', { kinds: [] })]), bad],
  [
    'an interest of a kind nobody knows',
    json(type.offer, [interest(1, 'a', { kinds: ['x'] })]),
    bad,
  ],
  ['an interest of no members', json(type.offer, [interest(1, 'a', { members: 0 })]), bad],
  ['an interest of 65,536 members', json(type.offer, [interest(1, 'a', { members: 65_536 })]), bad],
  [
    'an interest with a reach of 65 counts',
    json(type.offer, [interest(1, 'a', { reach: Array(65).fill(1) })]),
    bad,
  ],
  ['an interest with a reach below 0', json(type.offer, [interest(1, 'a', { reach: [-1] })]), bad],
  [
    'an interest of more kinds than there are',
    json(type.offer, [interest(1, 'a', { kinds: Array(4).fill('event') })]),
    bad,
  ],
  ['an interest with a negative id', json(type.offer, [interest(-1, 'a')]), bad],
  ['an interest with a capacity of 0', json(type.offer, [interest(1, 'a', { capacity: 0 })]), bad],
  [
    'an interest that acknowledges 1',
    json(type.offer, [interest(1, 'a', { acknowledges: 1 })]),
    bad,
  ],
  ['a pattern of 1,025 characters', json(type.offer, [interest(1, 'a'.repeat(1025))]), bad],
  [
    'a within of 65 patterns',
    json(type.offer, [interest(1, 'a', { within: Array(65).fill('a') })]),
    bad,
  ],
  ['credentials that are no object', json(type.credentials, 'x'), bad],
  ['a notice that is no object', json(type.notice, []), bad],
  ['a frame of messages without a time', frame(type.messages, bytesOf('0000')), bad],
  ['a record without a length', frame(type.messages, bytesOf('0000000000000200')), bad],
  [
    'a record longer than its frame',
    frame(type.messages, bytesOf('00000000000002000000ff01')),
    bad,
  ],
  ['record type 0', messages(record(0, one)), bad],
  ['record type 18', messages(record(18, one)), bad],
  ['an ack cut short', messages(record(kind.ack, numbers(1, 1))), bad],
  ['an ack of no event', messages(record(kind.ack, numbers(1, 0, 1))), bad],
  ['an ack and a byte more', messages(record(kind.ack, numbers(1, 1, 1, 1))), bad],
  ['an ack of 2^50 events', messages(record(kind.ack, numbers(1, 2 ** 50, 1))), bad],
  ['a nack of nothing', messages(record(kind.nack)), bad],
  ['an acked event cut short', messages(record(kind.ackedEvent, numbers(1, 1))), bad],
  ['an acked also after nothing', messages(record(kind.ackedAlso, numbers(1, 1))), bad],
  ['an acked cancel and a byte more', messages(record(kind.ackedCancel, numbers(1, 1))), bad],
  ['an event cut short', event(varint(1), bytesOf('00')), bad],
  ['a name in slot 1,024', messages(name(1024, 'a')), bad],
  ['a name of 1,025 bytes', messages(name(5, 'a'.repeat(1025))), bad],
  ['a name that is not UTF-8', messages(record(kind.name, bytesOf('05c328'))), bad],
  ['a name that has not been told', event(plain(1, 9, one)), bad],
  ['a name far out of range', event(plain(1, 2 ** 52, one)), bad],
  ['an also after nothing', messages(record(kind.also, varint(1))), bad],
  ['an also after a request', messages(request(1), record(kind.also, varint(1))), bad],
  [
    'an also and a byte more',
    messages(record(kind.event, plain(1, 0, one)), record(kind.also, numbers(1, 1))),
    bad,
  ],
  [
    'request flags',
    messages(record(kind.request, varint(1), bytesOf('02'), plain(2, 1, one))),
    bad,
  ],
  ['one request id twice', messages(request(7), request(7)), bad],
  ['a cancel and a byte more', messages(record(kind.cancel, numbers(1, 1))), bad],
  ['a more and a byte more', messages(record(kind.more, numbers(1, 1))), bad],
  ['fields nobody knows', withFields(128), bad],
  ['extra fields nobody knows', withFields(64, bytesOf('40')), bad],
  ['a priority nobody knows', withFields(64, bytesOf('03')), bad],
  ['a key longer than its record', withFields(8, varint(1_000_000)), bad],
  ['a key that is not UTF-8', withFields(8, bytesOf('01ff')), bad],
  ['65 headers', withFields(16, headers(65, ...Array(130).fill('a'))), bad],
  ['a million headers, of which none is there', withFields(16, varint(1_000_000)), bad],
  ['headers of more than their limit', withFields(16, headers(1, 'a', 'x'.repeat(1100))), bad],
];

describe('a peer that sends', () => {
  it.each(attacks)('%s loses its link, and no other does', async (_what, bytes, code) => {
    const { attacker, env, bystanderIsFine, got } = await attackScene();
    attacker.say(bytes);
    await env.settle();
    expect([attacker.closed, attacker.byeCode]).toEqual([true, code]);
    await bystanderIsFine();
    attacker.say(event(plain(1, 0, one)));
    expect(got.length).toBeLessThanOrEqual(1);
  });

  it('every one of these in pieces of one byte loses its link in the same way', async () => {
    const { env, linked, bystanderIsFine } = await attackScene();
    for (const [at, [what, bytes, code]] of attacks.entries()) {
      if (bytes.length > 3000) continue;
      const attacker = await linked(`attacker-${at}`);
      attacker.say(messages(name(0, 'open.a'), name(1, 'ask')));
      for (const byte of bytes) attacker.say(Uint8Array.of(byte));
      await env.settle();
      expect([what, attacker.closed, attacker.byeCode]).toEqual([what, true, code]);
    }
    await bystanderIsFine();
  });

  it('a frame cut at any byte, and then nothing, is given up after 10 s', async () => {
    const { env, linked, got } = await attackScene();
    const whole = event(plain(1, 0, one));
    for (let end = 1; end < whole.length; end++) {
      const attacker = await linked(`cut-${end}`);
      attacker.say(messages(name(0, 'open.a')), whole.subarray(0, end));
      // Signs of life do not fit into a frame that has begun.
      await env.advance(16_000);
      expect([end, attacker.closed, attacker.byeCode]).toEqual([end, true, bad]);
    }
    expect(got).toEqual([]);
  });

  it('one frame byte by byte, for ever, is closed after 10 s', async () => {
    const { attacker, bystander, env, bystanderIsFine } = await attackScene();
    const endless = frame(type.messages, Buffer.alloc(1000));
    for (let second = 0; second < 10; second++) {
      attacker.say(endless.subarray(second, second + 1));
      bystander.say(empty(type.ping));
      await env.advance(1000);
      expect([second, attacker.closed]).toEqual([second, false]);
    }
    attacker.say(endless.subarray(10, 11));
    await env.advance(1000);
    expect([attacker.closed, attacker.byeCode]).toEqual([true, bad]);
    await bystanderIsFine();
  });

  it('frames of which each piece of the stream ends one and begins another keeps its link', async () => {
    const { attacker, env, got } = await attackScene();
    const whole = event(plain(1, 0, one));
    attacker.say(whole.subarray(0, 9));
    for (let i = 0; i < 30; i++) {
      attacker.say(Buffer.concat([whole.subarray(9), whole.subarray(0, 9)]));
      await env.advance(1000);
    }
    expect([attacker.closed, got.length]).toEqual([false, 30]);
  });

  it('noise from a seed loses its link, and no other does', async () => {
    const { env, linked, bystanderIsFine } = await attackScene();
    let state = 20_261_121;
    const next = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    };
    for (let round = 0; round < 300; round++) {
      const attacker = await linked(`noise-${round}`);
      const body = Uint8Array.from({ length: 1 + next() }, next);
      const records = [record(1 + (next() % 14), body.subarray(0, next()))];
      const noise = [body, frame(1 + (next() % 15), body), messages(...records)][
        round % 3
      ] as Buffer;
      attacker.say(noise);
      await env.settle();
      if (attacker.closed)
        expect(attacker.byeCode).toMatch(/^WIRE_(PROTOCOL_ERROR|LIMIT_EXCEEDED)$/);
      else attacker.events?.closed();
    }
    await bystanderIsFine();
  });
});

describe('a frame within a message of the transport', () => {
  it('must not go on in the next one', async () => {
    const { dial, env } = await listening({}, {}, 'message');
    const attacker = dial();
    attacker.say(json(type.hello, plainHello).subarray(0, 50));
    await env.settle();
    expect(attacker.byeCode).toBe(bad);
  });
});
