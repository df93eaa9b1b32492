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
  ];

  it.each(wrong)('refuses a wrong %s at once', (option, options) => {
    expect(() => reliable(options as ReliableOptions)).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        details: expect.objectContaining({ option }),
      }),
    );
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
