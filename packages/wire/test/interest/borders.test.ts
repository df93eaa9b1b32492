import { describe, expect, it } from 'vitest';
import { Border, readsSystemTopics } from '../../src/interest/borders.ts';

describe('a border', () => {
  it.each([
    [['**'], 'orders.created', true],
    [['orders.*'], 'orders.created', true],
    [['orders.*'], 'orders.eu.created', false],
    [[], 'orders.created', false],
    [['**'], '$bus.peer.up', false],
    [['$bus.**'], '$bus.peer.up', true],
    [['$bus.peer.*'], '$bus.error', false],
    [['$bus.**'], 'orders.created', false],
    [['**', '$bus.**'], '$bus.peer.up', true],
    [['**'], '$business.created', true],
  ])('of %j lets %s pass: %s', (patterns, topic, passes) => {
    expect(new Border(patterns).allows(topic)).toBe(passes);
  });

  it.each([
    [['**'], 'orders.*', 'all'],
    [['orders.**'], 'orders.*', 'all'],
    [['orders.*'], 'orders.created', 'all'],
    [['orders.created'], 'orders.*', ['orders.created']],
    [['orders.a', 'orders.b', 'other.*'], 'orders.*', ['orders.a', 'orders.b']],
    [['orders.*'], 'users.*', undefined],
    [['**'], '$bus.**', undefined],
    [['$bus.peer.*'], '$bus.**', ['$bus.peer.*']],
    [['**'], /^orders/, 'all'],
    [['orders.*'], /^users/, ['orders.*']],
    [['**'], /^\$bus\.peer/, undefined],
  ] as const)('of %j lets %s pass as far as %j', (patterns, pattern, scope) => {
    expect(new Border(patterns).scope(pattern)).toEqual(scope);
  });

  it('of a pattern that is none is refused when it is made', () => {
    const thrown = expect.objectContaining({ code: 'BUS_PATTERN_INVALID' });
    expect(() => new Border(['a/b'])).toThrow(thrown);
  });
});

it.each([
  ['$bus.peer.up', true],
  ['$bus*.peer.*', true],
  ['**', false],
  ['orders.$bus', false],
  [/^\$bus\.peer/, true],
  [/peer/, false],
] as const)('the pattern %s may match topics of the bus itself: %s', (pattern, may) => {
  expect(readsSystemTopics(pattern)).toBe(may);
});
