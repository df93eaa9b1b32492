import { describe, expect, it } from 'vitest';
import { interest, json, jsonOf, kind, type } from '../support/raw-bytes.ts';
import { listening } from '../support/test-bus.ts';

describe('an interest nobody should serve', () => {
  const many = '{a,b}'.repeat(200);

  it.each([
    ['a glob that is refused', 'a/b', 'BUS_PATTERN_INVALID'],
    ['a glob of many braces', many, 'BUS_PATTERN_INVALID'],
    ['a glob of many stars', `${'*a'.repeat(400)}`, 'BUS_PATTERN_INVALID'],
    ['a glob of nested extglobs', `${'+('.repeat(100)}a${')'.repeat(100)}`, 'BUS_PATTERN_INVALID'],
    ['a RegExp no router reads', { source: '(a+)+$', flags: '' }, 'BUS_PATTERN_UNSUPPORTED'],
    [
      'a RegExp of 1,024 characters',
      { source: '(a*)*'.repeat(204), flags: '' },
      'BUS_PATTERN_UNSUPPORTED',
    ],
    ['a RegExp that is none', { source: '(', flags: '' }, 'BUS_PATTERN_INVALID'],
    ['a RegExp with flags nobody knows', { source: 'a', flags: 'xyz' }, 'BUS_PATTERN_INVALID'],
    ['a RegExp with a flag twice', { source: 'a', flags: 'ii' }, 'BUS_PATTERN_INVALID'],
    ['topics of the bus itself', '$bus.**', 'WIRE_FORBIDDEN'],
  ])('is refused with a notice, and the link lives: %s', async (_what, pattern, code) => {
    const { linked, env, bus } = await listening();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, pattern), interest(2, 'fine')]));
    await env.settle();
    expect(peer.of(type.notice).map((notice) => (jsonOf(notice) as { code: string }).code)).toEqual(
      [code],
    );
    expect(peer.closed).toBe(false);
    await bus.publish('fine', 1);
    await env.settle();
    expect(peer.kinds).toEqual([kind.name, kind.event]);
  });

  it('is refused with a notice where it is within a bad list', async () => {
    const { linked, env } = await listening();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'a.*', { within: ['a/b'] })]));
    await env.settle();
    expect(peer.of(type.notice).map(jsonOf)).toMatchObject([{ code: 'BUS_PATTERN_INVALID' }]);
    expect(peer.closed).toBe(false);
  });

  it('is served where `send` names topics of the bus', async () => {
    const { linked, env } = await listening({ send: ['$bus.peer.*', '**'] });
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, '$bus.peer.*'), interest(2, '$bus.**')]));
    await linked('another');
    await env.settle();
    const told = peer.of(type.messages).map(({ body }) => body.toString('latin1'));
    expect(told.join()).toContain('$bus.peer.up');
    expect(peer.closed).toBe(false);
  });
});
