import { definePlugin } from '@bus/core';
import { collectGarbage, unaccounted } from '@bus/test-support';
import { describe, expect, test, vi } from 'vitest';
import { jsonCodec } from '../../src/codec/json-codec.ts';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import { Buses, pair, star } from '../support/buses.ts';
import { codeOf } from '../support/codes.ts';

const neverEncoded = { list: [() => undefined] };
const refusedCode = 'BUS_PAYLOAD_UNSUPPORTED';

/** A link with a subscriber, over which nothing moves from the second message on. */
async function stalled() {
  const two = await pair();
  const got: unknown[] = [];
  const listener = ({ payload }: { readonly payload: unknown }) => void got.push(payload);
  two.right.subscribe('a', listener);
  await two.settle();
  two.link.isStalled = true;
  // The transport asks for a pause only with what it is given.
  await two.left.publish('a', 'first');
  await two.settle();
  const go = async (): Promise<void> => {
    two.link.flow();
    await two.settle();
  };
  return { two, got, go };
}

describe('what cannot travel', () => {
  test('is refused to its sender at once, whatever it is', async () => {
    const two = await pair();
    two.right.subscribe('a', () => undefined);
    two.right.handle('ask', () => 1);
    await two.settle();
    const published = two.left.publish('a', neverEncoded);
    await expect(published).rejects.toMatchObject({
      code: refusedCode,
      details: { path: 'list[0]' },
    });
    expect(await codeOf(two.left.notify('ask', neverEncoded))).toBe(refusedCode);
    expect(await codeOf(two.left.request('ask', neverEncoded))).toBe(refusedCode);
    expect(two.left.inspect().outcomes.ended.rejected).toBe(3);
    expect(unaccounted(two.left)).toBe(0);
  });

  test('is refused at once also while the link takes no more', async () => {
    const { two, got, go } = await stalled();
    const codes = ['parked', neverEncoded, 'last'].map((payload) =>
      codeOf(two.left.publish('a', payload)),
    );
    expect(await Promise.all(codes)).toEqual(['no error', refusedCode, 'no error']);
    await go();
    expect(got).toEqual(['first', 'parked', 'last']);
    expect(unaccounted(two.left)).toBe(0);
  });

  test('reaches those it need not travel to, and its sender is told of the others', async () => {
    const { two } = await stalled();
    const got: unknown[] = [];
    two.left.subscribe('a', ({ payload }) => void got.push(payload));
    expect(await codeOf(two.left.publish('a', neverEncoded))).toBe(refusedCode);
    expect(got).toEqual([neverEncoded]);
    expect(unaccounted(two.left)).toBe(0);
  });

  test('for its headers is refused at once also while the link takes no more', async () => {
    const buses = new Buses();
    const cable = buses.cable();
    const left = buses.bus('left', [[cable.listener]]);
    const right = buses.bus('right', [[cable.connector]], { limits: { headerBytes: 100 } });
    await buses.start();
    right.subscribe('a', () => undefined);
    await buses.settle();
    const long = { headers: { note: 'x'.repeat(500) } };
    expect(await codeOf(left.publish('a', 1, long))).toBe('WIRE_LIMIT_EXCEEDED');
    cable.isStalled = true;
    await left.publish('a', 1);
    await buses.settle();
    for (const payload of [1, { n: 1 }]) {
      expect(await codeOf(left.publish('a', payload, long))).toBe('WIRE_LIMIT_EXCEEDED');
    }
    expect(unaccounted(left)).toBe(0);
  });

  test('because of one peer travels to the others', async () => {
    const { buses, hub, leaf } = await star({ small: { limits: { nodes: 4 } }, large: {} });
    const got: string[] = [];
    for (const id of ['small', 'large']) leaf(id).subscribe('a', () => void got.push(id));
    await buses.settle();
    expect(await codeOf(hub.publish('a', [1, 2, 3, 4, 5]))).toBe('WIRE_LIMIT_EXCEEDED');
    await buses.settle();
    expect(got).toEqual(['large']);
  });

  test('is refused by a hub on its way, and its asker is told', async () => {
    const { buses, leaf } = await star({ asker: {}, small: { limits: { nodes: 4 } } });
    leaf('small').handle('ask', () => 1);
    await buses.settle();
    const asked = codeOf(leaf('asker').request('ask', [1, 2, 3, 4, 5]));
    expect(await buses.run(asked)).toBe('WIRE_LIMIT_EXCEEDED');
  });
});

describe('what a link has accepted', () => {
  test('arrives as it was then, whatever its sender does to it while it waits', async () => {
    const { two, got, go } = await stalled();
    const bytes = new Uint8Array(5000);
    const record = { n: 0, bytes };
    for (let n = 1; n <= 20; n++) {
      record.n = n;
      bytes.fill(n);
      await two.left.publish('a', record);
    }
    record.n = 99;
    bytes.fill(99);
    await go();
    expect(got.slice(1)).toEqual(
      Array.from({ length: 20 }, (_, at) => ({
        n: at + 1,
        bytes: new Uint8Array(5000).fill(at + 1),
      })),
    );
  });

  test('arrives so also where the room ends between two of its interests', async () => {
    const two = await pair({}, { limits: { windowMessages: 3 } });
    const got: unknown[] = [];
    for (const pattern of ['a', '*']) {
      two.right.subscribe(pattern, ({ payload }) => void got.push([pattern, payload]));
    }
    await two.settle();
    const record = { n: 1 };
    await two.left.publish('a', record);
    record.n = 2;
    await two.left.publish('a', record);
    record.n = 99;
    await two.left.publish('other', { n: 3 });
    await two.settle();
    expect(got).toEqual([
      ['a', { n: 1 }],
      ['*', { n: 1 }],
      ['a', { n: 2 }],
      ['*', { n: 2 }],
      ['*', { n: 3 }],
    ]);
  });

  test('is nothing of its sender any more, who may forget it', async () => {
    const { two, got, go } = await stalled();
    const sent = await (async () => {
      const payload = { text: 'forgotten' };
      await two.left.publish('a', { text: 'parked' });
      await two.left.publish('a', payload);
      await two.left.publish('a', { text: 'last' });
      return new WeakRef(payload);
    })();
    await collectGarbage();
    expect(sent.deref()).toBeUndefined();
    await go();
    expect(got).toEqual(['first', { text: 'parked' }, { text: 'forgotten' }, { text: 'last' }]);
  });

  test('is to a subscriber of the same bus the very object, also while the link is stalled', async () => {
    const { two, go } = await stalled();
    const here: unknown[] = [];
    two.left.subscribe('a', ({ payload }) => void here.push(payload));
    const payload = { n: 1 };
    await two.left.publish('a', payload);
    await go();
    expect(here[0]).toBe(payload);
  });

  test('is sent at its own time, however long it has waited, under a name that is new there', async () => {
    const two = await pair();
    const times: number[] = [];
    two.right.subscribe('*', ({ time }) => void times.push(time));
    await two.settle();
    two.link.isStalled = true;
    await two.left.publish('a', 1);
    await two.settle();
    const sentAt = two.env.wall();
    await two.left.publish('new', { n: 2 });
    await two.env.advance(400);
    const laterAt = two.env.wall();
    await two.left.publish('newer', { n: 3 });
    two.link.flow();
    await two.settle();
    expect(times.slice(1)).toEqual([sentAt, laterAt]);
  });

  test('is encoded once for all peers of a codec, whether or not they have room', async () => {
    const codec = msgpackCodec();
    const encode = vi.spyOn(codec, 'encode');
    const { buses, hub, leaf, cable } = await star({ a: {}, b: {}, c: {} }, { codec });
    const got: unknown[] = [];
    for (const id of ['a', 'b', 'c'])
      leaf(id).subscribe('t', (message) => void got.push(message.payload));
    await buses.settle();
    await hub.publish('t', { n: 1 });
    expect(encode).toHaveBeenCalledTimes(1);
    cable.isStalled = true;
    await buses.settle();
    await hub.publish('t', { n: 2 });
    await buses.settle();
    await hub.publish('t', { n: 3 });
    cable.flow();
    await buses.settle();
    expect(encode).toHaveBeenCalledTimes(3);
    expect(got).toHaveLength(9);
  });

  test.each([
    ['ready', 'busy', 'other'],
    ['busy', 'ready', 'other'],
  ])(
    'is encoded once where it goes first to the one that is %s, then to the one that is %s',
    async (...ids) => {
      const codec = msgpackCodec();
      const encode = vi.spyOn(codec, 'encode');
      const busy = { limits: { windowMessages: 1 } };
      const { buses, hub, leaf } = await star({ ready: {}, busy, other: {} }, { codec });
      const got: unknown[] = [];
      for (const id of ids) {
        leaf(id).subscribe('t', ({ payload }) => void got.push(payload));
        await buses.settle();
      }
      for (let n = 1; n <= 2; n++) void hub.publish('t', { n });
      await buses.settle();
      expect(encode).toHaveBeenCalledTimes(2);
      expect(got).toHaveLength(6);
    },
  );

  test('is what observers read, also where it was lost waiting', async () => {
    const dropped: unknown[] = [];
    const observer = definePlugin({
      name: 'observer',
      setup({ hooks }) {
        hooks.outcome.tap(({ payload, key }, _, outcome) => {
          if (outcome === 'dropped') dropped.push([payload, key]);
        });
        return undefined;
      },
    });
    const two = await pair({}, {}, ({ left }) => left.use(observer));
    two.right.subscribe('b', () => undefined, { overflow: 'drop-oldest', capacity: 2 });
    await two.settle();
    two.link.isStalled = true;
    await two.left.publish('b', { n: 0 });
    await two.settle();
    for (let n = 1; n <= 5; n++) await two.left.publish('b', { n }, { key: `k${n}` });
    // The first is the link's, and two wait.
    expect(dropped).toEqual([
      [{ n: 2 }, 'k2'],
      [{ n: 3 }, 'k3'],
    ]);
  });

  test('is given to a peer of another codec by its value', async () => {
    const { buses, hub, leaf, cable } = await star({ binary: {}, text: { codec: jsonCodec() } });
    const got: unknown[] = [];
    for (const id of ['binary', 'text']) {
      leaf(id).subscribe('t', ({ payload }) => void got.push([id, payload]));
    }
    await buses.settle();
    cable.isStalled = true;
    await hub.publish('t', 'first');
    await buses.settle();
    const record = { n: 2 };
    await hub.publish('t', record);
    record.n = 99;
    cable.flow();
    await buses.settle();
    expect(got.slice(2)).toEqual([
      ['binary', { n: 2 }],
      ['text', { n: 2 }],
    ]);
  });

  test('may be called off while it waits', async () => {
    const two = await pair({}, { limits: { pendingRequests: 1 } });
    const asked: unknown[] = [];
    two.right.handle('ask', ({ payload }) => {
      asked.push(payload);
      return new Promise(() => {});
    });
    await two.settle();
    const aborts = [0, 1, 2].map(() => new AbortController());
    const codes = aborts.map(({ signal }, n) => codeOf(two.left.request('ask', { n }, { signal })));
    await two.settle();
    for (const abort of aborts) abort.abort();
    expect(await two.run(Promise.all(codes))).toEqual(Array(3).fill('BUS_CANCELLED'));
    expect(asked).toEqual([{ n: 0 }]);
  });

  test('may send something itself whenever it is read, while it is encoded', async () => {
    const two = await pair();
    const got: unknown[] = [];
    for (const pattern of ['within', 'around']) {
      two.right.subscribe(pattern, ({ topic, payload }) => void got.push([topic, payload]));
    }
    await two.settle();
    let reads = 0;
    await two.left.publish('around', {
      first: 'text',
      get n() {
        void two.left.publish('within', { read: ++reads });
        return 2;
      },
    });
    await two.settle();
    expect(got).toEqual([
      ...Array.from({ length: reads }, (_, at) => ['within', { read: at + 1 }]),
      ['around', { first: 'text', n: 2 }],
    ]);
  });
});

describe('missed', () => {
  test('counts what was lost on every link that a message has come over', async () => {
    const buses = new Buses();
    const near = buses.cable();
    const far = buses.cable();
    const from = buses.bus('from', [[near.listener]]);
    buses.bus('hub', [[near.connector], [far.listener]]);
    const to = buses.bus('to', [[far.connector]]);
    await buses.start();
    let got = 0;
    let missed = 0;
    to.subscribe(
      'a',
      (message) => {
        got++;
        missed += message.missed;
      },
      { overflow: 'drop-oldest', capacity: 2 },
    );
    await buses.settle();
    for (const cable of [near, far]) {
      cable.isStalled = true;
      for (let n = 0; n < 10; n++) {
        await from.publish('a', { n });
        await buses.settle();
      }
      if (cable === near) near.flow();
      await buses.settle();
    }
    far.flow();
    await buses.settle();
    await from.publish('a', 'last');
    await buses.settle();
    expect(missed).toBeGreaterThan(0);
    expect(got + missed).toBe(21);
  });
});
