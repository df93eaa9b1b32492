import { describe, expect, it } from 'vitest';
import { type Interest, interestOf } from '../../src/interest/interest.ts';
import { interest, json, jsonOf, type } from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

/** What a peer was offered, as it would read it. */
function offersTo(peer: RawPeer): Interest[] {
  const offers = peer.frames.filter((each) => each.type === type.offer);
  return offers.flatMap((each) => (jsonOf(each) as unknown[]).map(interestOf));
}

describe('what the kernel takes as an endpoint', () => {
  it.each<[string, object]>([
    ['a name of 2,000 characters', { name: 'n'.repeat(2000) }],
    ['a name that is long once it can be printed', { name: '\u0001'.repeat(900) }],
    ['an empty name', { name: '' }],
    ['room without end', { capacity: Number.POSITIVE_INFINITY }],
    ['room for 1e300', { capacity: 1e300 }],
    ['room for one and a half', { capacity: 1.5 }],
    ['the lowest priority of all', { priority: Number.NEGATIVE_INFINITY }],
    ['the highest priority of all', { priority: Number.POSITIVE_INFINITY }],
  ])('is offered as a peer takes it: %s', async (_, options) => {
    const { bus, linked } = await listening();
    bus.subscribe('a', () => undefined, options);
    const peer = await linked('peer');
    expect(offersTo(peer)).toMatchObject([{ id: 1, pattern: 'a' }]);
  });

  it.each<[string, string, object]>([['a group', 'a', { group: 'g'.repeat(1025) }]])(
    'is not offered where %s is longer than a peer takes, and the log says so',
    async (_, pattern, options) => {
      const { bus, linked, warnings } = await listening();
      bus.subscribe(pattern, () => undefined, options);
      const peer = await linked('peer');
      expect(offersTo(peer)).toEqual([]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('shorten its pattern and its group');
    },
  );
});

it('a name that a peer gives is passed on as the next one takes it', async () => {
  const { env, linked } = await listening();
  const near = await linked('near');
  const far = await linked('far');
  near.say(json(type.offer, [interest(1, 'a', { name: '\u0001'.repeat(500) })]));
  await env.settle();
  expect(offersTo(far)).toMatchObject([{ pattern: 'a' }]);
  expect(far.closed).toBe(false);
});
