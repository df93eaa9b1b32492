import { never } from '@bus/test-support';
import { describe, expect, test } from 'vitest';
import { acknowledge, track } from '../support/acknowledged.ts';
import { pair, star } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';

describe('a request that is out', () => {
  test('ends with BUS_CLOSED when its own bus stops, here and over a link alike', async () => {
    const two = await pair();
    const reasons: unknown[] = [];
    two.right.handle('there', ({ signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason.code));
      return never();
    });
    two.left.handle('here', never);
    await two.settle();
    const asked = ['here', 'there'].map((topic) => codeOf(two.left.request(topic, 1)));
    await two.settle();
    await two.run(two.left.stop({ drainMs: 0 }));
    expect(await Promise.all(asked)).toEqual(['BUS_CLOSED', 'BUS_CLOSED']);
    await two.settle();
    expect(reasons).toEqual(['BUS_CANCELLED']);
  });

  test('ends with CORRELATION_PEER_GONE when the bus of its handler stops', async () => {
    const two = await pair();
    two.right.handle('there', never);
    await two.settle();
    const asked = codeOf(two.left.request('there', 1));
    await two.settle();
    await two.run(two.right.stop({ drainMs: 0 }));
    expect(await two.run(asked)).toBe('CORRELATION_PEER_GONE');
    expect(two.left.state).toBe('running');
  });

  test('ends so too when a hub between them stops', async () => {
    const { buses, hub, leaf } = await star({ one: {}, two: {} });
    leaf('two').handle('there', never);
    await buses.settle();
    const asked = codeOf(leaf('one').request('there', 1));
    await buses.settle();
    await buses.run(hub.stop({ drainMs: 0 }));
    expect(await buses.run(asked)).toBe('CORRELATION_PEER_GONE');
  });

  test('has the trait of what was lost', async () => {
    const two = await pair();
    two.right.handle('there', never);
    await two.settle();
    const asked = two.left.request('there', 1).catch((error: unknown) => error);
    await two.settle();
    two.link.cut();
    expect(await two.run(asked)).toMatchObject({ details: { peer: 'right', isLost: true } });
  });
});

test('an event whose handler’s bus stops is rejected as lost, and can be sent again', async () => {
  const two = await pair();
  acknowledge(two.right, 'a', never);
  await two.settle();
  const sent = track(two.left, 'a', 1);
  await two.settle();
  await two.run(two.right.stop({ drainMs: 0 }));
  await two.settle();
  expect(sent.shown).toEqual(['rejected CORRELATION_PEER_GONE']);
});

test('no handler is added while a bus with links stops', async () => {
  const two = await pair();
  two.left.subscribe('slow', () => new Promise<void>((done) => two.env.setTimer(done, 50)));
  await two.settle();
  void two.right.publish('slow', 1);
  await two.settle();
  const stopped = two.left.stop();
  expect(() => two.left.subscribe('late', () => undefined)).toThrow(/is stopping/);
  expect(() => two.left.handle('late', () => undefined)).toThrow(/is stopping/);
  await two.run(stopped);
});
