import { describe, expect, it } from 'vitest';
import type { LinkLimits } from '../../src/plugin/options.ts';
import {
  bytesOf,
  empty,
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
import type { RawPeer } from '../support/raw-peer.ts';
import { plainHello } from '../support/raw-peer.ts';
import type { Listening } from '../support/test-bus.ts';
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
const two = bytesOf('02');
const event = (id: number, payload = one): Buffer =>
  record(kind.ackedEvent, varint(id), plain(1, 0, payload));
const named = name(0, 'a');

/** A bus whose only interest, 1, acknowledges: payload 1 at once, payload 2 never. */
async function acknowledging(
  limits: Partial<LinkLimits> = {},
): Promise<Listening & { got: number[] }> {
  const got: number[] = [];
  const made = await listening({ limits });
  made.host.addEndpoint({
    pattern: 'a',
    kinds: ['event'],
    concurrency: 100,
    acknowledges: true,
    handler: ({ payload }) => {
      got.push(payload as number);
      return payload === 1 ? undefined : new Promise(() => undefined);
    },
  });
  return { ...made, got };
}

/** The acks that a peer has been sent: first id, how many, by how many endpoints. */
function acksTo(peer: RawPeer): readonly (readonly number[])[] {
  return peer.records.filter((each) => each.kind === kind.ack).map(({ content }) => [...content]);
}

describe('the acks of a bus', () => {
  it('are one record for a run of events', async () => {
    const { linked, env } = await acknowledging();
    const peer = await linked('peer');
    peer.say(messages(named, ...[5, 6, 7, 8].map((id) => event(id))), messages(event(9)));
    await env.settle();
    expect(acksTo(peer)).toEqual([[5, 5, 1]]);
  });

  it('are a record for each run, however the ids come', async () => {
    const { linked, env } = await acknowledging();
    const peer = await linked('peer');
    peer.say(messages(named, ...[1, 2, 4, 3, 9].map((id) => event(id))));
    await env.settle();
    expect(acksTo(peer)).toEqual([
      [1, 2, 1],
      [4, 1, 1],
      [3, 1, 1],
      [9, 1, 1],
    ]);
  });

  it('leave before a goodbye', async () => {
    const { linked, env } = await acknowledging();
    const peer = await linked('peer');
    peer.say(Buffer.concat([messages(named, event(1)), empty(0)]));
    await env.settle();
    expect(peer.frames.at(-1)?.type).toBe(type.bye);
    expect(acksTo(peer)).toEqual([[1, 1, 1]]);
  });

  it('are none of an event that may not come in: that is refused', async () => {
    const { linked, env, link, got } = await acknowledging();
    const peer = await linked('peer');
    peer.say(messages(name(0, 'b'), event(1), record(kind.ackedAlso, numbers(2, 1))));
    await env.settle();
    expect(peer.kinds).toEqual([kind.nack, kind.nack]);
    expect([link().refused.forbidden, got]).toEqual([2, []]);
    expect(link().state).toBe('up');
  });

  it('are of no endpoint where the event has come round a ring', async () => {
    const { linked, env, link, got, host } = await acknowledging();
    const peer = await linked('peer');
    const { idPrefix } = host.traits('event', {});
    for (const prefix of [idPrefix, `${idPrefix}r.`]) {
      const relayed = Buffer.concat([numbers(1, 1, 0, 1, 2, 9, 3), one]);
      peer.say(
        messages(
          name(0, 'a'),
          name(1, 'hub'),
          name(2, prefix),
          record(kind.ackedEvent, varint(1), relayed),
          record(kind.ackedAlso, numbers(2, 1)),
        ),
      );
      await env.settle();
    }
    expect(acksTo(peer)).toEqual([
      [1, 2, 0],
      [1, 2, 0],
    ]);
    expect([link().refused.loops, got]).toEqual([4, []]);
  });
});

describe('a peer', () => {
  it('may have as many unacknowledged events as limits.unacknowledged says', async () => {
    const { linked, env, link } = await acknowledging({ unacknowledged: 3 });
    const peer = await linked('peer');
    peer.say(messages(named, ...[1, 2, 3].map((id) => event(id, two))));
    await env.settle();
    expect(link().unacknowledged.received).toBe(3);
    peer.say(messages(record(kind.ackedCancel, varint(1))));
    await env.settle();
    expect(peer.kinds).toEqual([kind.nack]);
    peer.say(messages(event(4, two)));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(messages(event(5, two)));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, 'WIRE_LIMIT_EXCEEDED']);
  });

  it('may use an id again when its event has been answered, and not before', async () => {
    const { linked, env } = await acknowledging();
    const peer = await linked('peer');
    peer.say(messages(named, event(7, two), record(kind.ackedCancel, varint(7)), event(7, two)));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(messages(event(7, two)));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, 'WIRE_PROTOCOL_ERROR']);
  });

  it.each([
    ['what it was not sent', record(kind.ack, numbers(2, 1, 1))],
    ['more than it was sent', record(kind.ack, numbers(0, 3, 1))],
    ['2^53 - 1 events', record(kind.ack, numbers(0, Number.MAX_SAFE_INTEGER, 1))],
    ['three from the last number on', record(kind.ack, numbers(Number.MAX_SAFE_INTEGER, 3, 1))],
    ['what it has acknowledged', Buffer.concat(Array(2).fill(record(kind.ack, numbers(0, 1, 1))))],
    ['by a nack, what it was not sent', record(kind.nack, varint(9), one)],
  ])('that acknowledges %s loses its link', async (_what, said) => {
    const { linked, env, host } = await acknowledging();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'out', { acknowledges: true })]));
    await env.settle();
    const ended: unknown[] = [];
    const completion = {
      settled: (_message: unknown, _endpoint: unknown, outcome: string): void =>
        void ended.push(outcome),
    };
    for (let i = 0; i < 2; i++) void host.send('event', 'out', i, undefined, { completion });
    await env.settle();
    peer.say(messages(said));
    expect([peer.closed, peer.byeCode, ended.length]).toEqual([true, 'WIRE_PROTOCOL_ERROR', 2]);
  });

  it('counts no more endpoints than an interest may have', async () => {
    const { linked, env, host } = await acknowledging();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'out', { acknowledges: true })]));
    await env.settle();
    const counts: unknown[] = [];
    const completion = {
      settled: (_message: unknown, _endpoint: unknown, _outcome: string, value: unknown): void =>
        void counts.push(value),
    };
    void host.send('event', 'out', 1, undefined, { completion });
    await env.settle();
    peer.say(messages(record(kind.ack, numbers(0, 1, Number.MAX_SAFE_INTEGER))));
    expect(counts).toEqual([65_535]);
  });

  it('gives up an event that it never sent: nothing happens', async () => {
    const { linked, link } = await acknowledging();
    const peer = await linked('peer');
    peer.say(messages(record(kind.ackedCancel, varint(40))));
    expect(link().state).toBe('up');
  });

  it('that nacks with what is no error fails the event all the same', async () => {
    const { linked, env, host } = await acknowledging();
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'out', { acknowledges: true })]));
    await env.settle();
    const outcomes: string[] = [];
    const completion = {
      settled: (_message: unknown, _endpoint: unknown, outcome: string): void =>
        void outcomes.push(outcome),
    };
    for (let n = 0; n < 3; n++) void host.send('event', 'out', n, undefined, { completion });
    await env.settle();
    const handled = bytesOf('82a7 6f7574636f6d65 a7 68616e646c6564 a4 636f6465 a1 78');
    peer.say(
      messages(
        record(kind.nack, varint(0)),
        record(kind.nack, varint(1), one),
        record(kind.nack, varint(2), handled),
      ),
    );
    expect(outcomes).toEqual(['failed', 'failed', 'failed']);
  });

  it('that takes few at once is sent no more, whatever this side takes', async () => {
    const { linked, env, link, host } = await acknowledging();
    const peer = await linked('peer', { limits: { ...plainHello.limits, unacknowledged: 2 } });
    peer.say(json(type.offer, [interest(1, 'out', { acknowledges: true })]));
    await env.settle();
    const completion = { settled: () => undefined };
    for (let n = 0; n < 5; n++) void host.send('event', 'out', n, undefined, { completion });
    await env.settle();
    expect(link().unacknowledged.sent).toBe(2);
    peer.say(messages(record(kind.ack, numbers(0, 1, 1))));
    await env.settle();
    expect(peer.kinds.filter((each) => each === kind.ackedEvent)).toHaveLength(3);
  });
});
