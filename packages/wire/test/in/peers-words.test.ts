import { describe, expect, it } from 'vitest';
import { interest, json, jsonOf, type } from '../support/raw-bytes.ts';
import { plainHello } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

const nasty = 'gone\n2026-11-29 ERROR root logged in \u001b[2J\u202e';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must be nowhere
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

describe('what a peer says stands in no log as it came', () => {
  it('in the goodbye of a stranger, or of a peer', async () => {
    const { dial, linked, env, warnings, bus } = await listening();
    const reasons: string[] = [];
    bus.subscribe('$bus.peer.down', ({ payload }) => {
      reasons.push((payload as { reason: string }).reason);
    });
    const peer = await linked('peer');
    for (const each of [dial(), peer]) each.say(json(type.bye, { code: 'ANY', message: nasty }));
    await env.settle();
    const lines = [...warnings, ...reasons];
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain('gone\\u000a2026-11-29');
      expect(line).not.toMatch(unprintable);
    }
  });

  it('in a notice, a pattern, the name of an interest, or a version', async () => {
    const { dial, linked, env, warnings, errors, bus } = await listening();
    bus.subscribe('news', () => undefined);
    const peer = await linked('peer');
    peer.say(json(type.notice, { code: 'WIRE_FORBIDDEN', message: nasty }));
    peer.say(json(type.offer, [interest(1, `a/${nasty}`), interest(2, 'a', { name: nasty })]));
    dial().hello({ protocol: nasty });
    await env.settle();
    const names = bus.endpoints().map(({ name }) => name ?? '');
    const lines = [...warnings, ...errors.map(({ message }) => message), ...names];
    expect(warnings.length).toBeGreaterThan(0);
    expect(errors.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).not.toMatch(unprintable);
  });

  it('in what it calls itself: such a hello is refused', async () => {
    const { dial, env } = await listening();
    for (const part of ['busId', 'instance', 'idPrefix']) {
      const peer = dial();
      peer.hello({ [part]: nasty });
      await env.settle();
      expect([part, peer.byeCode]).toEqual([part, 'WIRE_PROTOCOL_ERROR']);
    }
  });

  it('and is cut', async () => {
    const { dial, env, warnings } = await listening();
    dial().say(json(type.bye, { code: 'ANY', message: 'x'.repeat(50_000) }));
    const stranger = dial();
    stranger.hello();
    await env.settle();
    expect(Math.max(...warnings.map(({ length }) => length))).toBeLessThan(700);
  });
});

describe('what strangers make the log say', () => {
  it('is ten lines a second, and how many more there were', async () => {
    const { dial, env, warnings } = await listening();
    for (let i = 0; i < 100; i++) dial().say(json(type.hello, { ...plainHello, protocol: 7 }));
    await env.settle();
    expect(warnings).toHaveLength(10);
    await env.advance(1000);
    dial().say(json(type.hello, { ...plainHello, protocol: 7 }));
    expect(warnings).toHaveLength(11);
    expect(warnings.at(-1)).toContain('(and 90 more before it)');
  });
});

describe('a notice', () => {
  it('comes at most once for each interest that was offered', async () => {
    const { linked, env, bus, errors } = await listening();
    bus.subscribe('news', () => undefined);
    bus.subscribe('more.*', () => undefined);
    const peer = await linked('peer');
    const notice = json(type.notice, { code: 'WIRE_FORBIDDEN', message: 'no' });
    peer.say(notice, notice);
    await env.settle();
    expect([peer.closed, errors.length]).toEqual([false, 2]);
    peer.say(notice);
    await env.settle();
    expect([peer.byeCode, errors.length]).toEqual(['WIRE_PROTOCOL_ERROR', 2]);
  });

  it.each([
    ['WIRE_FORBIDDEN', 'WIRE_FORBIDDEN'],
    ['BUS_PATTERN_UNSUPPORTED', 'BUS_PATTERN_UNSUPPORTED'],
    ['BUS_CLOSED', 'WIRE_PROTOCOL_ERROR'],
    ['X_MADE_UP', 'WIRE_PROTOCOL_ERROR'],
    [7, 'WIRE_PROTOCOL_ERROR'],
  ])('bears a code of ours only where the protocol has it: %s', async (said, code) => {
    const { linked, env, bus, errors } = await listening();
    bus.subscribe('news', () => undefined);
    const peer = await linked('peer');
    peer.say(json(type.notice, { code: said, message: 'no' }));
    await env.settle();
    expect(errors.map((error) => error.code)).toEqual([code]);
  });
});

describe('how many interests a peer takes', () => {
  it('is its choice, of which the log tells once', async () => {
    const { linked, bus, env, warnings } = await listening();
    await linked('peer', { limits: { ...plainHello.limits, interests: 1 } });
    for (let i = 0; i < 50; i++) {
      bus.subscribe(`a.${i}`, () => undefined);
      await env.settle();
    }
    expect(warnings).toHaveLength(1);
  });
});

describe('changes of interest', () => {
  const offer = (...ids: readonly number[]): Buffer =>
    json(
      type.offer,
      ids.map((id) => interest(id, `p.${id}`)),
    );
  const few = { limits: { interests: 10 } };

  it('that come too fast wait, and their last word is taken', async () => {
    const { linked, env, bus } = await listening(few);
    const changes: string[] = [];
    const remote = (): number => bus.endpoints().filter(({ kind }) => kind === 'remote').length;
    bus.subscribe('$bus.endpoint.*', ({ topic }) => void changes.push(topic));
    await env.settle();
    changes.length = 0;
    const peer = await linked('peer');
    for (let i = 0; i < 500; i++) {
      peer.say(offer(1), json(type.offer, [interest(1, 'p.1', { members: 1 + (i % 7) })]));
      peer.say(Buffer.from([0, 0, 0, 3, type.revoke, 0, 1]));
    }
    peer.say(offer(2, 3, 4, 5));
    await env.settle();
    expect(changes.length).toBeLessThanOrEqual(10);
    await env.advance(1000);
    expect([peer.closed, remote()]).toEqual([false, 4]);
    expect(changes.length).toBeLessThanOrEqual(20);
  });

  it('cost the peers that are told of them no more', async () => {
    const { linked, env } = await listening(few);
    const peer = await linked('peer');
    const other = await linked('other');
    for (let turn = 0; turn < 200; turn++) {
      peer.say(json(type.offer, [interest(1, 'p', { members: 1 + (turn % 2) })]));
      await env.settle();
    }
    expect(other.of(type.offer).length).toBeLessThanOrEqual(12);
    await env.advance(100);
    const [last] = jsonOf(other.of(type.offer).at(-1) as never) as { members: number }[];
    expect(last).toMatchObject({ members: 2 });
  });

  it('of more interests than it may have close its link, also while they wait', async () => {
    const { linked, env } = await listening(few);
    const peer = await linked('peer');
    for (let i = 0; i < 20; i++) peer.say(offer(1));
    peer.say(offer(2, 3, 4, 5, 6, 7, 8, 9, 10));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(offer(11));
    expect(peer.byeCode).toBe('WIRE_LIMIT_EXCEEDED');
  });

  it('are told to a peer that takes nothing when it does, once', async () => {
    const { linked, env, bus } = await listening();
    const peer = await linked('peer');
    peer.takesMore = false;
    peer.say(Buffer.from([0, 0, 0, 2, type.ping, 0]));
    await env.settle();
    const told = peer.of(type.offer).length;
    for (let i = 0; i < 1000; i++) {
      bus.subscribe(`a.${i}`, () => undefined).stop();
      if (i % 10 === 0) await env.settle();
    }
    bus.subscribe('b', () => undefined);
    await env.settle();
    expect(peer.of(type.offer)).toHaveLength(told);
    peer.takesMore = true;
    peer.events?.writable();
    await env.settle();
    expect(peer.of(type.offer).slice(told).map(jsonOf)).toMatchObject([[{ pattern: 'b' }]]);
    expect(peer.of(type.revoke)).toEqual([]);
  });
});
