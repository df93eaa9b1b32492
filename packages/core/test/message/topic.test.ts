import { describe, expect, test } from 'vitest';
import { topicFault } from '../../src/message/checks.ts';
import { testBench } from '../support/bench.ts';
import { refusal, thrown } from '../support/promises.ts';

const limits = { topicLength: 256, segments: 32 };
const longest = `${'a.'.repeat(31)}${'b'.repeat(256 - 62)}`;

describe('topics', () => {
  test.each([
    'a',
    'orders.eu.created',
    'with space.and-dash_1',
    'käse.日本.🚌',
    'a:b@c',
    'constructor',
    '__proto__',
    'toString.hasOwnProperty',
    '$other.topic',
    '$bus',
    Array.from({ length: 32 }, () => 's').join('.'),
    longest,
  ])('%s is one', async (topic) => {
    expect(topicFault(topic, limits)).toBeUndefined();
    const { bus } = await testBench();
    let got: unknown;
    bus.handle(topic, (message) => {
      got = message.payload;
    });
    expect(await bus.notify(topic, 1)).toBe(1);
    expect(got).toBe(1);
  });

  test.each([
    ['', 'empty segment'],
    ['.', 'empty segment'],
    ['a.', 'empty segment'],
    ['.a', 'empty segment'],
    ['a..b', 'empty segment'],
    ['a/b', '/'],
    ['a.*', '*'],
    ['a?', '?'],
    ['[a', '['],
    ['a]', ']'],
    ['{a', '{'],
    ['a}', '}'],
    ['(a', '('],
    ['a)', ')'],
    ['!a', '!'],
    ['a\\b', '\\'],
    ['a\nb', '\\n'],
    ['a\tb', '\\t'],
    ['a\u0000', '\\u0000'],
    ['a\u007f', ''],
    ['a\u200b', ''],
    ['a\u202eb', ''],
    ['a\u2028', ''],
    ['\ud800', ''],
    [`${longest}x`, 'longer than 256'],
    [Array.from({ length: 33 }, () => 's').join('.'), 'more than 32 segments'],
  ])('%j is none, and the refusal says why', async (topic, why) => {
    const { bus, codes } = await testBench();
    const error = await refusal(bus.notify(topic, 1));
    expect(error.code).toBe('BUS_TOPIC_INVALID');
    expect(error.message).toContain(why);
    expect(error.details).toHaveProperty('reason');
    expect(codes).toEqual(['BUS_TOPIC_INVALID']);
    expect(bus.inspect().outcomes.ended.rejected).toBe(1);
  });

  test.each([undefined, null, 5, {}, ['a'], Symbol('a')])('%s is none', async (topic) => {
    const { bus } = await testBench();
    const error = await refusal(bus.notify(topic as string, 1));
    expect(error.code).toBe('BUS_TOPIC_INVALID');
    expect(thrown(() => bus.handle(topic as string, () => undefined)).code).toBe(
      'BUS_PATTERN_INVALID',
    );
  });

  test('the limits are the bus\u2019s', async () => {
    const { bus } = await testBench({ limits: { topicLength: 3, segments: 2 } });
    expect((await refusal(bus.notify('a.b.c', 1))).code).toBe('BUS_TOPIC_INVALID');
    expect((await refusal(bus.notify('a.bc', 1))).code).toBe('BUS_TOPIC_INVALID');
    expect((await refusal(bus.notify('a.b', 1))).code).toBe('BUS_NO_ROUTE');
  });

  test('system topics are nobody\u2019s to send on, whatever the verb, heard or not', async () => {
    const { bus, publish, request, host, subscribe } = await testBench();
    for (let round = 0; round < 2; round++) {
      for (const send of [publish, request, (topic: string) => bus.notify(topic, 1)]) {
        expect((await refusal(send('$bus.endpoint.added'))).code).toBe('BUS_TOPIC_INVALID');
      }
      subscribe('$bus.endpoint.added', () => undefined);
    }
    expect(thrown(() => host.channel('event', '$bus.x')).code).toBe('BUS_TOPIC_INVALID');
  });

  test('as patterns, wildcards without a router and broken names are told apart', async () => {
    const { bus } = await testBench();
    const add = (pattern: string | RegExp) => thrown(() => bus.handle(pattern, () => undefined));
    expect(add('a.*')).toMatchObject({
      code: 'BUS_PATTERN_UNSUPPORTED',
      details: { pattern: 'a.*', routers: [] },
    });
    expect(add(/^a/).code).toBe('BUS_PATTERN_UNSUPPORTED');
    expect(add('a..b')).toMatchObject({
      code: 'BUS_PATTERN_INVALID',
      details: { pattern: 'a..b' },
    });
    expect(add('').code).toBe('BUS_PATTERN_INVALID');
  });
});
