import { createBus } from '@bus/core';
import { quiet, unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { pubsub } from '../src/index.ts';
import { bench } from './support/bench.ts';

describe('a filter', () => {
  it('as a function leaves the messages it refuses to others', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', (message) => got.push(message.payload), {
      filter: (message) => Number(message.payload) > 1,
    });
    expect(await t.bus.publish('a', 1)).toBe(0);
    expect(await t.bus.publish('a', 2)).toBe(1);
    expect(got).toEqual([2]);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('as rules wants all of them to hold', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', (message) => got.push(message.payload), {
      filter: {
        sources: ['here', 'there'],
        headers: { region: 'eu', kind: 'x' },
        where: (message) => message.payload !== 'odd',
      },
    });
    await t.bus.publish('a', 'even', { headers: { region: 'eu', kind: 'x', more: 'y' } });
    await t.bus.publish('a', 'odd', { headers: { region: 'eu', kind: 'x' } });
    await t.bus.publish('a', 'us', { headers: { region: 'us', kind: 'x' } });
    await t.bus.publish('a', 'part', { headers: { region: 'eu' } });
    await t.bus.publish('a', 'none');
    expect(got).toEqual(['even']);
  });

  it('may choose the buses that messages come from', async () => {
    await using t = await bench();
    const filter = { sources: ['there'] };
    t.bus.subscribe('a', () => {}, { filter });
    expect(await t.bus.publish('a', 1)).toBe(0);
    await using there = await createBus({ id: 'there', log: quiet }).use(pubsub()).start();
    there.subscribe('a', () => {}, { filter });
    expect(await there.publish('a', 1)).toBe(1);
  });

  it('says yes by any truthy value, also in a group', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    const filter = ({ payload }: { payload: unknown }) => /x/.exec(String(payload)) as never;
    const listener = ({ payload }: { payload: unknown }) => void got.push(payload);
    t.bus.subscribe('a', listener, { filter });
    t.bus.subscribe('a', listener, { group: 'g', filter });
    t.bus.subscribe('a', listener, { filter: { where: filter } });
    expect(await t.bus.publish('a', 'y')).toBe(0);
    expect(await t.bus.publish('a', 'xy')).toBe(3);
    expect(got).toEqual(['xy', 'xy', 'xy']);
  });

  it('is asked once for each message', async () => {
    await using t = await bench();
    let asked = 0;
    const filter = (): boolean => ++asked > 0;
    t.bus.subscribe('a', () => {}, { filter });
    t.bus.subscribe('a', () => {}, { group: 'g', filter });
    expect(await t.bus.publish('a', 1)).toBe(2);
    expect(asked).toBe(2);
  });

  it('of no rules takes everything', async () => {
    await using t = await bench();
    t.bus.subscribe('a', () => {}, { filter: {} });
    expect(await t.bus.publish('a', 1)).toBe(1);
  });

  it('that throws refuses the message, harms nobody, and is reported', async () => {
    await using t = await bench();
    const got: string[] = [];
    t.bus.subscribe('a', () => got.push('bad'), {
      name: 'audit',
      filter(message) {
        if (message.payload === 1) throw new Error('cannot tell');
        return true;
      },
    });
    t.bus.subscribe('a', () => got.push('good'));
    expect(await t.bus.publish('a', 1)).toBe(1);
    expect(got).toEqual(['good']);
    expect(t.errors).toMatchObject([
      {
        code: 'BUS_HANDLER_FAILED',
        details: { topic: 'a', endpoint: 'audit' },
        cause: { message: 'cannot tell' },
      },
    ]);
    expect(await t.bus.publish('a', 2)).toBe(2);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('that throws what cannot be read harms nobody either', async () => {
    await using t = await bench();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const thrown of [null, proxy, Object.create(null), Object.freeze(new Error('x'))]) {
      t.bus.subscribe('a', () => {}, {
        filter() {
          throw thrown;
        },
      });
    }
    t.bus.subscribe('a', () => {});
    expect(await t.bus.publish('a', 1)).toBe(1);
    expect(t.errors).toHaveLength(4);
  });

  it('that throws in a group leaves the message to another member', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', () => {}, {
      group: 'g',
      filter() {
        throw new Error('bad');
      },
    });
    t.bus.subscribe('a', (message) => got.push(message.payload), { group: 'g' });
    for (const payload of [1, 2, 3]) expect(await t.bus.publish('a', payload)).toBe(1);
    expect(got).toEqual([1, 2, 3]);
  });

  it('applies to streams, too', async () => {
    await using t = await bench();
    const stream = t.bus.subscribe('a', { filter: ({ payload }) => payload === 2 });
    await t.bus.publish('a', 1);
    await t.bus.publish('a', 2);
    expect((await stream.next()).value?.payload).toBe(2);
  });
});
