import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench } from './support/bench.ts';

describe('publisher', () => {
  it('publishes to its topic and sees subscribers come and go', async () => {
    await using t = await bench();
    const send = t.bus.publisher('a.b');
    expect(await send(1)).toBe(0);
    const got: unknown[] = [];
    const first = t.bus.subscribe('a.b', (message) => got.push(message.payload));
    expect(await send(2)).toBe(1);
    t.bus.subscribe('a.b', () => {});
    expect(await send(3)).toBe(2);
    first.stop();
    expect(await send(4)).toBe(1);
    expect(got).toEqual([2, 3]);
  });

  it('sends every message with its options', async () => {
    await using t = await bench();
    const got: unknown[] = [];
    t.bus.subscribe('a', ({ payload, key, headers }) => got.push([payload, key, headers.x]));
    const send = t.bus.publisher('a', { key: 'k', headers: { x: 'y' } });
    await send(1);
    await send(2);
    expect(got).toEqual([
      [1, 'k', 'y'],
      [2, 'k', 'y'],
    ]);
  });

  it('may be made before start, and is refused while the bus does not run', async () => {
    const t = await bench();
    const send = t.bus.publisher('a');
    expect(await send(1)).toBe(0);
    await t.bus.stop();
    await expect(send(2)).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it.each([undefined, { key: 'k' }])(
    'refuses a bad topic when made, with options %j',
    async (options) => {
      await using t = await bench();
      expect(() => t.bus.publisher('a..b', options)).toThrow(
        expect.objectContaining({ code: 'BUS_TOPIC_INVALID' }),
      );
    },
  );

  it('refuses bad options when made', async () => {
    await using t = await bench();
    expect(() => t.bus.publisher('a', { priority: 'urgent' as 'high' })).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID' }),
    );
  });

  it.each([[[]], [5], ['text']])('refuses options that are none when made: %j', async (options) => {
    await using t = await bench();
    expect(() => t.bus.publisher('a', options as object)).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: expect.objectContaining({ option: 'options' }),
      }),
    );
  });

  it('checks each payload', async () => {
    await using t = await bench({ limits: { payloadBytes: 4 } });
    const send = t.bus.publisher('a');
    await send('1234');
    await expect(send('12345')).rejects.toMatchObject({ code: 'BUS_PAYLOAD_TOO_LARGE' });
  });
});
