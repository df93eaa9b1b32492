import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/frames/byte-reader.ts';
import { nameSlots, SentNames } from '../../src/out/names.ts';
import type { RawRecord } from '../support/raw-bytes.ts';
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
import { listening } from '../support/test-bus.ts';

/** The topic, source and id prefix of each relayed event, as its receiver reads them. */
function relayed(records: readonly RawRecord[]): readonly (readonly string[])[] {
  const told: string[] = [];
  const found: string[][] = [];
  for (const { kind: what, content } of records) {
    const reader = new ByteReader();
    reader.open(content, 0, content.length);
    const first = reader.varint();
    if (what === kind.name) told[first] = reader.rest();
    if (what !== kind.event || (reader.byte() & 1) === 0) continue;
    found.push([1, 2, 3].map(() => told[reader.varint()] ?? 'nothing'));
  }
  return found;
}

describe('the names of one message', () => {
  /** A full table that begins with these texts, and gives the slot `oldest` away next. */
  const full = (texts: readonly string[], oldest: number): SentNames => {
    const names = new SentNames();
    for (let slot = 0; slot < nameSlots; slot++) names.of(texts[slot] ?? `other ${slot}`);
    for (let slot = 0; slot < oldest; slot++) names.of(`newer ${slot}`);
    return names;
  };

  const known = ['topic', 'source', 'prefix', undefined];
  const tables = known.flatMap((a) => known.flatMap((b) => known.map((c) => [a, b, c] as const)));
  const withoutTwins = tables.filter((table) =>
    known.every((text) => text === undefined || table.indexOf(text) === table.lastIndexOf(text)),
  );

  test.each(withoutTwins)(
    'have a slot each, where %s, %s and %s are the next to be given away',
    (...next) => {
      const texts: string[] = [];
      next.forEach((text, slot) => {
        if (text !== undefined) texts[slot] = text;
      });
      for (let oldest = 0; oldest < next.length; oldest++) {
        const names = full(texts, oldest);
        const found = names.together('topic', 'source', 'prefix');
        expect(found.map(({ text }) => text)).toEqual(['topic', 'source', 'prefix']);
        expect(new Set(found.map(({ slot }) => slot)).size).toBe(3);
        expect(names.hasAll(found)).toBe(true);
      }
    },
  );

  test('are one where the texts are the same', () => {
    const [topic, source, prefix] = full([], 0).together('same', 'same', 'same');
    expect([source, prefix]).toEqual([topic, topic]);
  });

  test('stay apart at a hub whose table is full, whoever sends on its oldest topic', async () => {
    const { bus, env, linked } = await listening();
    const receiver = await linked('receiver');
    receiver.say(json(type.offer, [interest(1, 't.**', { capacity: 2000 })]));
    await env.settle();
    for (let n = 0; n < nameSlots; n++) await bus.publish(`t.${n}`, n);
    await env.settle();
    const senders = ['one', 'two', 'three'];
    for (const id of senders) {
      const sender = await linked(id);
      const offers = sender.of(type.offer).map(({ body }) => JSON.parse(body.toString()));
      const [{ id: to }] = offers.flat();
      const event = record(kind.event, plain(to, 0, bytesOf('01')));
      sender.say(messages(name(0, 't.0'), event));
      await env.settle();
    }
    expect(relayed(receiver.records)).toEqual(senders.map((id) => ['t.0', id, `${id}-`]));
  });
});
