import { runInNewContext } from 'node:vm';
import { BusError, busError } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../src/codec/json-codec.ts';
import { msgpackCodec } from '../src/codec/msgpack-codec.ts';
import { failureOf, verdictOf } from '../src/failure.ts';

const limits = { depth: 32, nodes: 4_000, mapEntries: 1_000 };
/** The most bytes that any link has room for. */
const room = 200_000;

/** What an asker gets of what a handler threw. */
function arrived(thrown: unknown, codec = msgpackCodec()): BusError {
  const details = { topic: 'a', endpoint: 'far:0' };
  const failed = busError('BUS_HANDLER_FAILED', "the handler failed on 'a': why", details, thrown);
  const bytes = Uint8Array.from(codec.encode(failureOf('failed', failed), limits));
  expect(bytes.length).toBeLessThan(room);
  const failure = codec.decode({ buffer: bytes, start: 0, end: bytes.length }, limits);
  const error = verdictOf(failure, 'a', 'far');
  if (!BusError.is(error)) throw new Error('a handler failed, and the bus there refused nothing');
  return error;
}

const long = 'x'.repeat(2_000_000);
const circular = Object.assign(new Error('loops'), { details: {} as { self?: unknown } });
circular.details.self = circular;

describe.each([[msgpackCodec()], [jsonCodec()]])('what a handler throws, in $name', (codec) => {
  it('arrives with name, message, code, details and cause', () => {
    const details = { at: new Date(5), skus: new Set(['tea']), left: 5n, by: new Map([[1, 'a']]) };
    const thrown = Object.assign(
      new RangeError('sold out', { cause: Object.assign(new TypeError('why'), { code: 'E_WHY' }) }),
      { code: 'SHOP_EMPTY', details },
    );
    const error = arrived(thrown, codec);
    expect([error.name, error.message, error.code]).toEqual([
      'RangeError',
      'sold out',
      'SHOP_EMPTY',
    ]);
    expect(error.details).toEqual(details);
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'why', code: 'E_WHY' });
  });

  it.each<[what: string, thrown: unknown, name: string, message: string]>([
    ['is too long', new RangeError(long), 'RangeError', `${'x'.repeat(4_096)}…`],
    ['contains itself', circular, 'Error', 'loops'],
    ['is text', 'sold out', 'BusError', 'sold out'],
    ['is nothing', undefined, 'BusError', "the handler failed on 'a': why"],
    ['is of the platform', new DOMException('stopped', 'AbortError'), 'AbortError', 'stopped'],
    ['is of another realm', runInNewContext('new SyntaxError("no")'), 'SyntaxError', 'no'],
    [
      'throws when it is read',
      Object.defineProperty(new Error('g'), 'code', {
        get() {
          throw new Error('no');
        },
      }),
      'Error',
      'g',
    ],
    [
      'holds what is no data',
      Object.assign(new Error('503'), { details: { signal: new AbortController(), send() {} } }),
      'Error',
      '503',
    ],
  ])('keeps its name and message where it %s', (_what, thrown, name, message) => {
    expect(arrived(thrown, codec)).toMatchObject({ name, message });
  });

  it('that is no error is the cause of the one that arrives', () => {
    expect(arrived({ status: 503 }, codec).cause).toEqual({ status: 503 });
  });

  it.each<[what: string, details: unknown, kept: unknown]>([
    ['text', { sql: long, n: 1 }, { sql: expect.stringMatching(/^x{9000,}…$/) }],
    ['lists', { rows: Array(20_000).fill(1) }, { rows: expect.arrayContaining([1]) }],
    ['fields', Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [i, i])), { 0: 0 }],
    ['levels', JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`), { a: { a: {} } }],
    ['bytes', { raw: new Uint8Array(2_000_000), n: 1 }, { n: 1 }],
    ['causes', new Error('a', { cause: new Error('b', { cause: 5 }) }), { message: 'a' }],
  ])('has its details cut to size, never replaced: too many %s', (_what, details, kept) => {
    const error = arrived(Object.assign(new Error('no'), { code: 'E_SQL', details }), codec);
    expect(error).toMatchObject({ message: 'no', code: 'E_SQL', details: kept });
  });
});

describe('an error of the bus itself', () => {
  it('tells no peer what is behind it', () => {
    const cause = new Error('a secret');
    const refused = new BusError('WIRE_FORBIDDEN', 'no', { peer: 'a', what: 'b' }, { cause });
    expect(failureOf('rejected', refused)).toEqual({
      outcome: 'rejected',
      code: 'WIRE_FORBIDDEN',
      name: 'BusError',
      message: 'no',
      details: { peer: 'a', what: 'b' },
    });
  });
});
