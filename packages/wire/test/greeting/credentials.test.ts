import type { Message } from '@bus/core';
import { describe, expect, it } from 'vitest';
import type { Authenticate, Authorize, Credentials } from '../../src/plugin/options.ts';
import {
  bytesOf,
  json,
  jsonOf,
  kind,
  messages,
  name,
  plain,
  record,
  type,
} from '../support/raw-bytes.ts';
import { TestConnector } from '../support/raw-peer.ts';
import { listening, testBus } from '../support/test-bus.ts';

const refusedCode = 'WIRE_UNAUTHORIZED';
const one = bytesOf('01');

describe('new credentials', () => {
  const authenticate: Authenticate = ({ credentials }) =>
    typeof credentials.user === 'string' ? credentials.user : new Error('no user');

  it('change who the messages after them come from, and what it may send', async () => {
    const authorize: Authorize = (principal, action, topic) =>
      action === 'subscribe' || topic !== 'open.secret' || principal === 'bert';
    const { linked, bus, env, link } = await listening({ authenticate, authorize });
    const got: unknown[] = [];
    bus.subscribe('open.*', (message) =>
      got.push((message as Message & { origin: { principal: unknown } }).origin.principal),
    );
    const peer = await linked('peer', { credentials: { user: 'anna' } });
    const send = async (slot: number): Promise<void> => {
      peer.say(messages(record(kind.event, plain(1, slot, one))));
      await env.settle();
    };
    peer.say(messages(name(0, 'open.a'), name(1, 'open.secret')));
    await send(0);
    await send(1);
    expect([[...got], link().refused.forbidden]).toEqual([['anna'], 1]);
    peer.say(json(type.credentials, { user: 'bert' }));
    await env.settle();
    await send(1);
    expect(got).toEqual(['anna', 'bert']);
  });

  it('that are refused close the link', async () => {
    const { linked, env } = await listening({ authenticate });
    const peer = await linked('peer', { credentials: { user: 'anna' } });
    peer.say(json(type.credentials, {}));
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, refusedCode]);
  });

  it('may not come before the ones before have been checked', async () => {
    let calls = 0;
    const slow: Authenticate = () => (calls++ === 0 ? 'anna' : new Promise(() => undefined));
    const { linked, env } = await listening({ authenticate: slow });
    const peer = await linked('peer');
    peer.say(json(type.credentials, {}), json(type.credentials, {}));
    await env.settle();
    expect([calls, peer.byeCode]).toEqual([2, 'WIRE_PROTOCOL_ERROR']);
  });

  it('are shown by this side before the old ones expire', async () => {
    let count = 0;
    const connector = new TestConnector((peer) =>
      peer.greet({ credentials: { token: 'shown too' } }),
    );
    const credentials = async (): Promise<Credentials> => ({
      user: `u${++count}`,
      expiresInMs: 1000,
    });
    const { bus, env } = testBus(connector, { credentials, token: 'shown too' });
    const started = bus.start();
    await env.settle();
    const [peer] = connector.peers;
    peer?.say(json(type.offer, []));
    await started;
    const [hello] = peer?.of(type.hello) ?? [];
    expect(hello && jsonOf(hello)).toMatchObject({
      credentials: { user: 'u1', token: 'shown too' },
    });
    await env.advance(799);
    expect(peer?.of(type.credentials)).toEqual([]);
    await env.advance(1);
    expect(peer?.of(type.credentials).map(jsonOf)).toMatchObject([{ user: 'u2' }]);
    await env.advance(800);
    expect(peer?.of(type.credentials)).toHaveLength(2);
  });
});
