import { describe, expect, it } from 'vitest';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import type { LinkOptions } from '../../src/plugin/options.ts';
import { Buses, type Pair, pair } from '../support/buses.ts';
import type { LinkedBus } from '../support/linked-bus.ts';

type Kind = 'event' | 'notification' | 'request';
const kinds: readonly Kind[] = ['event', 'notification', 'request'];

function listen(bus: LinkedBus, kind: Kind, got: string[]): void {
  for (const topic of ['open.a', 'shut.a']) {
    const hear = (): void => void got.push(`${bus.id} ${topic}`);
    if (kind === 'event') bus.subscribe(topic, hear);
    else bus.handle(topic, hear);
  }
}

function send(bus: LinkedBus, kind: Kind, topic: string): Promise<unknown> {
  if (kind === 'event') return bus.publish(topic, 1);
  return kind === 'request' ? bus.request(topic, 1) : bus.notify(topic, 1);
}

/** What arrives of a kind of message, where each bus sends what only the other one listens to. */
async function crossings(kind: Kind, left: LinkOptions, right: LinkOptions = {}) {
  const got: string[] = [];
  for (const [from, to] of [
    ['left', 'right'],
    ['right', 'left'],
  ] as const) {
    const two: Pair = await pair(left, right, (buses) => listen(buses[to], kind, got));
    const sent = ['open.a', 'shut.a'].map((topic) => send(two[from], kind, topic));
    await two.run(Promise.allSettled(sent));
    await two.settle();
  }
  return got.sort();
}

const all: readonly string[] = ['**'];
const open: readonly string[] = ['open.*'];
const toLeft = ['left open.a', 'left shut.a'];
const toRight = ['right open.a', 'right shut.a'];

describe.each(kinds)('of a link, a %s', (kind) => {
  it('crosses in both directions where neither side says anything', async () => {
    expect(await crossings(kind, {})).toEqual([...toLeft, ...toRight]);
  });

  it('is taken from the peer on the topics of `receive` alone', async () => {
    expect(await crossings(kind, { receive: open, send: all })).toEqual([
      'left open.a',
      ...toRight,
    ]);
  });

  it('is sent to the peer on the topics of `send` alone, whatever it listens to', async () => {
    expect(await crossings(kind, { receive: all, send: open })).toEqual([
      ...toLeft,
      'right open.a',
    ]);
  });

  it('is sent to nobody where only `receive` is given', async () => {
    expect(await crossings(kind, { receive: all })).toEqual(toLeft);
  });

  it('is taken from nobody where only `send` is given', async () => {
    expect(await crossings(kind, { send: all })).toEqual(toRight);
  });

  it('crosses where both sides let it', async () => {
    const crossed = await crossings(kind, { send: all }, { receive: open });
    expect(crossed).toEqual(['right open.a']);
  });
});

it('a transport says what crosses where its user gives neither, and no more', async () => {
  const given: readonly LinkOptions[] = [{}, { receive: ['b'] }, { send: [] }];
  for (const [options, received] of given.map((each, i) => [each, ['a', 'b', ''][i]] as const)) {
    const buses = new Buses();
    const { listener, connector } = buses.cable();
    const left = buses.bus('left', []).use(defineTransport(listener, options, ['a']));
    const right = buses.bus('right', [[connector]]);
    for (const topic of ['a', 'b']) left.handle(topic, () => topic);
    await buses.start();
    expect(
      right
        .endpoints()
        .map(({ pattern }) => pattern)
        .join(),
    ).toBe(received);
  }
});
