import { describe, expect, it } from 'vitest';
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
import { listening } from '../support/test-bus.ts';

const one = bytesOf('01');
const tooMuch = 'WIRE_LIMIT_EXCEEDED';
const event = (sequence = 0): Buffer => record(kind.event, plain(1, 0, one, sequence));

describe('a peer', () => {
  it('may have as many messages under way as it has credit, and not one more', async () => {
    const { linked, bus, env } = await listening({ limits: { windowMessages: 4 } });
    bus.subscribe('a', () => new Promise(() => undefined), { concurrency: 1, capacity: 1 });
    const peer = await linked('peer');
    peer.say(messages(name(0, 'a'), event(), event(), event(), event()));
    await env.settle();
    expect(peer.closed).toBe(false);
    let sent = 4;
    for (; !peer.closed && sent < 100; sent++) {
      peer.say(messages(event()));
      await env.settle();
    }
    // One is in hand and one in the mailbox; a window of those that wait is credit again; and four
    // more are under way: the eleventh was one too many.
    expect([sent, peer.byeCode]).toEqual([11, tooMuch]);
  });

  it('may overdraw its bytes by one frame, and no more', async () => {
    const limits = { windowBytes: 100, frameBytes: 4096 };
    const { linked, bus, env } = await listening({ limits });
    bus.subscribe('a', () => new Promise(() => undefined), { concurrency: 1, capacity: 1 });
    const peer = await linked('peer');
    const large = record(
      kind.event,
      plain(1, 0, Buffer.concat([bytesOf('da0f00'), Buffer.alloc(3840)])),
    );
    peer.say(messages(name(0, 'a'), event(), event(), event()), messages(large));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(messages(large));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, tooMuch]);
  });

  it('may have as many unanswered requests as pendingRequests says', async () => {
    const { linked, bus, env, link } = await listening({ limits: { pendingRequests: 3 } });
    bus.handle('a', () => new Promise(() => undefined));
    const peer = await linked('peer');
    const request = (id: number): Buffer => record(kind.request, numbers(id, 0), plain(1, 0, one));
    peer.say(messages(name(0, 'a'), ...[1, 2, 3].map(request)));
    await env.settle();
    expect(link().requests.answering).toBe(3);
    // Those given up count until they have been answered.
    peer.say(messages(record(kind.cancel, varint(1))));
    await env.settle();
    const answered = peer.kinds.length;
    for (let id = 4; id < 4 + answered; id++) peer.say(messages(request(id)));
    expect(peer.closed).toBe(false);
    peer.say(messages(request(9)));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, tooMuch]);
  });

  it('may have as many interests as limits.interests says; refused ones count, revoked ones do not', async () => {
    const { linked, env } = await listening({ limits: { interests: 3 } });
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'a'), interest(2, '$bus.**'), interest(3, 'c')]));
    peer.say(json(type.offer, [interest(1, 'a', { distance: 2 })]));
    peer.say(Buffer.from([0, 0, 0, 3, type.revoke, 0, 2]));
    peer.say(json(type.offer, [interest(4, 'd')]));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(json(type.offer, [interest(5, 'e')]));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, tooMuch]);
  });

  it('that does not read is answered no ping beyond outboxBytes, and keeps its link', async () => {
    const { linked, env } = await listening({ limits: { outboxBytes: 600 } });
    const peer = await linked('peer');
    peer.takesMore = false;
    for (let i = 0; i < 1000; i++) {
      peer.say(empty(type.ping));
      await env.settle();
    }
    expect(peer.closed).toBe(false);
    peer.takesMore = true;
    peer.events?.writable();
    await env.settle();
    // The first was sent, and the others waited.
    expect(peer.of(type.pong)).toHaveLength(1 + 101);
  });

  it('that does not read gets nothing begun beyond outboxBytes, and all of it once it reads', async () => {
    const { linked, env, bus, link } = await listening({ limits: { outboxBytes: 3000 } });
    let begun = 0;
    bus.handle('ask', () => {
      begun++;
      return 'x'.repeat(1000);
    });
    const peer = await linked('peer');
    peer.takesMore = false;
    peer.say(empty(type.ping));
    await env.settle();
    const ask = (id: number): Buffer => record(kind.request, numbers(id, 0), plain(1, 0, one));
    peer.say(messages(name(0, 'ask'), ...Array.from({ length: 50 }, (_, id) => ask(id))));
    await env.settle();
    const atFirst = begun;
    expect(atFirst).toBeLessThan(8);
    await env.advance(2000);
    expect([begun, link().state]).toEqual([atFirst, 'up']);
    for (let i = 0; i < 50; i++) {
      peer.events?.writable();
      await env.settle();
    }
    expect(begun).toBe(50);
    expect(peer.records.filter((each) => each.kind === kind.reply)).toHaveLength(50);
  });

  it('that does not read gets no credit', async () => {
    const { linked, env, bus } = await listening({ limits: { windowMessages: 10 } });
    bus.subscribe('a', () => undefined);
    const peer = await linked('peer');
    peer.takesMore = false;
    peer.say(empty(type.ping));
    await env.settle();
    peer.say(messages(name(0, 'a'), ...Array.from({ length: 10 }, () => event())));
    await env.settle();
    expect(peer.closed).toBe(false);
    peer.say(messages(event()));
    await env.settle();
    expect(peer.closed).toBe(true);
  });

  it('that comes as one too many is refused, and so are too many that are not linked', async () => {
    const { linked, dial, env } = await listening({
      limits: { connections: 3, pendingConnections: 1 },
    });
    const first = dial();
    const second = dial();
    await env.settle();
    expect([first.closed, second.closed, second.byeCode]).toEqual([false, true, tooMuch]);
    first.events?.closed();
    const peers = [await linked('a'), await linked('b'), await linked('c')];
    const fourth = dial();
    await env.settle();
    expect([fourth.closed, fourth.byeCode]).toEqual([true, tooMuch]);
    expect(peers.map(({ closed }) => closed)).toEqual([false, false, false]);
  });
});
