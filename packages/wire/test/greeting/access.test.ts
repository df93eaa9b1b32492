import { runInNewContext } from 'node:vm';
import { definePlugin } from '@bus/core';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';
import { isSameSecret } from '../../src/greeting/access.ts';
import { LinkGuard } from '../../src/plugin/link-guard.ts';
import type { Authenticate, Authorize } from '../../src/plugin/options.ts';
import { Buses } from '../support/buses.ts';
import { Cable } from '../support/cable.ts';
import {
  bytesOf,
  interest,
  json,
  jsonOf,
  kind,
  messages,
  name,
  plain,
  record,
  type,
} from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { listening, testBus } from '../support/test-bus.ts';

const refusedCode = 'WIRE_UNAUTHORIZED';
const one = bytesOf('01');

describe('a token', () => {
  const secret = 'correct horse battery';

  it('that is right lets a peer in, also from far away', async () => {
    const { dial, env } = await listening({ token: secret });
    const peer = dial({ local: false });
    peer.greet({ credentials: { token: secret } });
    await env.settle();
    expect(peer.of(type.welcome)).toHaveLength(1);
  });

  it.each([
    ['wrong', { token: 'correct horse batterY' }],
    ['missing', {}],
    ['shorter', { token: 'correct' }],
    ['longer', { token: `${secret}!` }],
    ['empty', { token: '' }],
    ['the secret twice', { token: secret + secret }],
    ['no text', { token: 7 }],
  ])(
    'that is %s does not, and is told nothing of the secret nor of the bus',
    async (_what, credentials) => {
      const { dial, env } = await listening({ token: secret });
      const peer = dial();
      peer.greet({ credentials });
      await env.settle();
      expect([peer.closed, peer.byeCode]).toEqual([true, refusedCode]);
      expect(Buffer.from(peer.bytes).includes(secret)).toBe(false);
      expect(peer.frames.map((each) => each.type)).toEqual([type.bye]);
    },
  );

  it('is compared in as many steps as what is shown has bytes, however much of it is right', () => {
    const stepsFor = (shown: string, actual: string): number => {
      let steps = 0;
      const counted = TextEncoder.prototype.encode;
      TextEncoder.prototype.encode = function encode(text) {
        return new Proxy(counted.call(this, text), {
          get(target, property) {
            if (typeof property === 'string' && /^\d+$/.test(property)) steps++;
            return Reflect.get(target, property, target);
          },
        });
      };
      try {
        isSameSecret(shown, actual);
      } finally {
        TextEncoder.prototype.encode = counted;
      }
      return steps;
    };
    const shown = ['x'.repeat(21), `${'x'.repeat(20)}y`, secret, secret.slice(0, 20).padEnd(21)];
    expect(new Set(shown.map((text) => stepsFor(text, secret))).size).toBe(1);
    expect(stepsFor(secret, 'short')).toBe(stepsFor(secret, 'a much longer one'.repeat(9)));
    expect([isSameSecret(secret, secret), isSameSecret('', secret)]).toEqual([true, false]);
  });

  it('is tried so many times per second and address, and then not looked at', async () => {
    const { dial, env } = await listening({ token: secret, limits: { attemptsPerSecond: 3 } });
    const attempt = async (token: string, remote: string): Promise<RawPeer> => {
      const peer = dial({ remote });
      peer.greet({ credentials: { token } });
      await env.settle();
      return peer;
    };
    for (let i = 0; i < 3; i++) expect((await attempt('wrong', 'bad')).byeCode).toBe(refusedCode);
    expect((await attempt(secret, 'bad')).byeCode).toBe(refusedCode);
    expect((await attempt(secret, 'good')).closed).toBe(false);
    await env.advance(1000);
    expect((await attempt('wrong', 'bad')).byeCode).toBe(refusedCode);
  });

  it('that was refused too often is accepted a second later', async () => {
    const { dial, env } = await listening({ token: secret, limits: { attemptsPerSecond: 1 } });
    dial({ remote: 'clumsy' }).greet({ credentials: { token: 'wrong' } });
    await env.advance(1000);
    const peer = dial({ remote: 'clumsy' });
    peer.greet({ credentials: { token: secret } });
    await env.settle();
    expect(peer.closed).toBe(false);
  });
});

describe('a listener without authentication', () => {
  it('takes who is local, and nobody else', async () => {
    const { dial, env } = await listening();
    const near = dial({ local: true });
    const far = dial({ local: false });
    near.greet({ busId: 'near' });
    far.greet({ busId: 'far' });
    await env.settle();
    expect([near.closed, far.closed, far.byeCode]).toEqual([false, true, refusedCode]);
  });
});

describe('a side that listens and only shows credentials', () => {
  const credentials = { token: 'a secret that nobody asks for' };
  const text =
    "'credentials' are what a side that listens shows, and nothing is demanded of its peers: give 'token', which both sides demand of each other, or 'authenticate', which says who may come in";

  it.each([credentials, async () => credentials])('does not start', async (given) => {
    const { listener } = new Cable(virtualEnv());
    const { bus } = testBus(listener, { credentials: given });
    await expect(bus.start()).rejects.toMatchObject({
      code: 'BUS_PLUGIN_START_FAILED',
      cause: {
        code: 'BUS_OPTION_INVALID',
        message: text,
        details: { option: 'credentials', value: '…' },
      },
    });
  });

  it('starts where something is demanded of its peers: by a token, by it, or by a plugin', async () => {
    const authenticate: Authenticate = () => 'anna';
    const plugin = definePlugin<LinkGuard>({
      name: 'guard',
      provides: LinkGuard,
      setup: () => ({ linkGuard: { authenticate } }),
    });
    for (const [options, plugins] of [
      [{ token: 'x' }, []],
      [{ authenticate }, []],
      [{}, [plugin]],
    ] as const) {
      const { bus } = await listening({ credentials, ...options }, { plugins });
      expect(bus.state).toBe('running');
    }
  });
});

it.each(['left', 'right'] as const)(
  'a token of the %s side alone is what the other would have to show',
  async (side) => {
    const buses = new Buses();
    const { listener, connector } = buses.cable();
    const [left, right] = [{ token: 'x' }, {}];
    const isLeft = side === 'left';
    buses.bus('left', [[listener, isLeft ? left : right]]);
    const bus = buses.bus('right', [[connector, isLeft ? right : left]]);
    const failed = buses.start().catch((error) => error);
    expect(await failed).toMatchObject({
      code: 'BUS_PLUGIN_START_FAILED',
      cause: { code: refusedCode },
    });
    expect(bus.state).not.toBe('running');
  },
);

describe('authenticate', () => {
  const answers: readonly (readonly [what: string, authenticate: Authenticate, isIn: boolean])[] = [
    ['names a principal', () => 'anna', true],
    ['names one later', async () => ({ user: 'anna' }), true],
    ['names nobody', () => undefined, false],
    ['returns an error', () => new Error('who are you?'), false],
    ['returns one of another realm', () => runInNewContext("new Error('who?')"), false],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      false,
    ],
    ['rejects', () => Promise.reject(new Error('broken')), false],
  ];

  it.each(answers)('that %s decides', async (_what, authenticate, isIn) => {
    const { dial, env } = await listening({ authenticate });
    const peer = dial({ local: false });
    peer.greet();
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual(isIn ? [false, undefined] : [true, refusedCode]);
  });

  it('that is slower than helloMs lets nobody in, whatever it says then', async () => {
    let answer: (principal: unknown) => void = () => undefined;
    const authenticate = (): unknown => new Promise((resolve) => (answer = resolve));
    const { dial, env, bus } = await listening({ authenticate, limits: { helloMs: 1000 } });
    const peer = dial();
    peer.greet();
    await env.advance(1000);
    answer('anna');
    await env.settle();
    expect([peer.closed, peer.byeCode]).toEqual([true, refusedCode]);
    expect(bus.inspect().links).toEqual([]);
  });

  it('gets the hello, the credentials, and where they came in', async () => {
    const seen: unknown[] = [];
    const authenticate: Authenticate = ({ busId, credentials }, link) => {
      seen.push(busId, credentials, link);
      return 'x';
    };
    const { linked } = await listening({ authenticate });
    await linked('peer', { credentials: { badge: 7 } });
    const info = { transport: 'test', remote: 'somewhere', local: true };
    expect(seen).toEqual(['peer', { badge: 7 }, info]);
  });
});

describe('authorize', () => {
  it('refuses interests with a notice, and the link lives', async () => {
    const authorize: Authorize = (_principal, action, pattern) =>
      action === 'send' || pattern !== 'secret.*' || new Error('not yours');
    const { linked, env, bus, errors } = await listening({ authorize });
    const peer = await linked('peer');
    peer.say(json(type.offer, [interest(1, 'secret.*'), interest(2, 'open.*')]));
    await env.settle();
    await bus.publish('secret.a', 1);
    await bus.publish('open.a', 1);
    await env.settle();
    expect(peer.of(type.notice).map(jsonOf)).toMatchObject([{ code: 'WIRE_FORBIDDEN' }]);
    expect(peer.of(type.messages)).toHaveLength(1);
    expect(errors.map(({ code }) => code)).toEqual(['WIRE_FORBIDDEN']);
    expect(peer.closed).toBe(false);
  });

  it('refuses sending on a topic, and is asked once per topic', async () => {
    const asked: string[] = [];
    const authorize: Authorize = (_principal, action, topic) => {
      asked.push(`${action} ${topic}`);
      return topic === 'open.a';
    };
    const { linked, env, bus, link } = await listening({ authorize });
    const got: string[] = [];
    bus.subscribe('open.*', ({ topic }) => got.push(topic));
    const peer = await linked('peer');
    const events = [0, 1, 0, 1].map((slot) => record(kind.event, plain(1, slot, one)));
    peer.say(messages(name(0, 'open.a'), name(1, 'open.b'), ...events));
    await env.settle();
    expect(got).toEqual(['open.a', 'open.a']);
    expect(asked).toEqual(['send open.a', 'send open.b']);
    expect([link().refused.forbidden, peer.closed]).toEqual([2, false]);
  });
});

describe('a plugin that guards links', () => {
  const guard = definePlugin<LinkGuard>({
    name: 'guard',
    provides: LinkGuard,
    setup: () => ({
      linkGuard: {
        authenticate: ({ credentials }) => credentials.user ?? new Error('no user'),
        authorize: (principal) => principal === 'anna',
      },
    }),
  });

  it('says who comes in and what they may do, where the options say nothing', async () => {
    const { dial, linked, env, bus, link } = await listening({}, { plugins: [guard] });
    bus.subscribe('a', () => undefined);
    const nobody = dial();
    nobody.greet();
    await env.settle();
    expect(nobody.byeCode).toBe(refusedCode);
    const bert = await linked('bert', { credentials: { user: 'bert' } });
    const anna = await linked('anna', { credentials: { user: 'anna' } });
    for (const peer of [bert, anna])
      peer.say(messages(name(0, 'a'), record(kind.event, plain(1, 0, one))));
    await env.settle();
    expect([link('bert').refused.forbidden, link('anna').refused.forbidden]).toEqual([1, 0]);
  });

  it('is not asked where the options say', async () => {
    const authenticate: Authenticate = () => 'anna';
    const { linked } = await listening({ authenticate }, { plugins: [guard] });
    expect((await linked('peer')).closed).toBe(false);
  });
});
