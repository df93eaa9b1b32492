import { describe, expect, it } from 'vitest';
import type { ReliableOptions } from '../src/index.ts';
import { reliable } from '../src/index.ts';
import { bench } from './support/bench.ts';

describe('options', () => {
  const wrong: readonly [string, object][] = [
    ['ackTimeoutMs', { ackTimeoutMs: 0 }],
    ['ackTimeoutMs', { ackTimeoutMs: '5000' }],
    ['attempts', { attempts: 0 }],
    ['attempts', { attempts: 1.5 }],
    ['backoff.baseMs', { backoff: { baseMs: -1 } }],
    ['backoff.factor', { backoff: { factor: 0.5 } }],
    ['backoff.maxMs', { backoff: { maxMs: Number.NaN } }],
    ['backoff.jitter', { backoff: { jitter: 'half' } }],
    ['deadLetters.capacity', { deadLetters: { capacity: 0 } }],
    ['deadLetters.overflow', { deadLetters: { overflow: 'drop-newest' } }],
    ['dedupe.window', { dedupe: { window: 0 } }],
    ['redeliverMs', { redeliverMs: -1 }],
    ['pending', { pending: '5' }],
    ['attempt', { attempt: 5 }],
    ['baseMS', { backoff: { baseMS: 5 } }],
    ['size', { deadLetters: { size: 5 } }],
    ['windows', { dedupe: { windows: 5 } }],
    ['deadLetters', { deadLetters: 5 }],
  ];

  it.each(wrong)('refuses a wrong %s at once', (option, options) => {
    expect(() => reliable(options as ReliableOptions)).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: expect.objectContaining({ option }),
      }),
    );
  });

  it('refuses names it does not know where letters are chosen: they would mean all', async () => {
    await using it = await bench();
    const { deadLetters } = it.bus;
    const option = expect.objectContaining({ option: 'topics' });
    const unknown = { code: 'BUS_OPTION_INVALID', details: option };
    const filter: object = { topics: 'a' };
    expect(() => deadLetters.list(filter)).toThrow(expect.objectContaining(unknown));
    expect(() => deadLetters.drop(filter)).toThrow(expect.objectContaining(unknown));
    await expect(deadLetters.replay(filter)).rejects.toMatchObject(unknown);
    const rates: object = { rates: 5 };
    await expect(deadLetters.replay({}, rates)).rejects.toMatchObject({
      message: expect.stringContaining("did you mean 'rate'?"),
    });
  });

  const unfit: readonly [string, object][] = [
    ['delivery', { delivery: 'twice' }],
    ['attempts', { delivery: 'reliable', attempts: -1 }],
    ['order', { delivery: 'reliable', order: 'none' }],
    ['timeoutMs', { delivery: 'reliable', timeoutMs: 5 }],
    ['mode', { delivery: 'reliable', mode: 'latest' }],
    ['colour', { delivery: 'reliable', colour: 'red' }],
    ['attempts', { attempts: 3 }],
  ];

  it.each(unfit)('refuses a wrong %s of a subscription', async (option, options) => {
    await using it = await bench();
    expect(() => it.bus.subscribe('a', () => undefined, options as never)).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: expect.objectContaining({ option }),
      }),
    );
  });
});
