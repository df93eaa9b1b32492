import type { Plugin, Send } from '@bus/core';
import { busError, definePlugin, Verdict } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import { bench, watched } from './support/bench.ts';

/** A plugin around every send. */
function around(layer: (next: Send) => Send): Plugin {
  return definePlugin({
    name: 'around',
    setup({ hooks }) {
      hooks.send.tap(layer);
      return undefined;
    },
  });
}

describe('a request in the hands of a send tap', () => {
  it('is refused where the tap throws, and never waits for ever', async () => {
    const broken = around(() => () => {
      throw new Error('no');
    });
    await using t = await bench({ plugin: broken });
    t.bus.handle('a', () => 'reply');
    const failed = { code: 'BUS_HOOK_FAILED', details: { hook: 'send', plugin: 'around' } };
    await expect(t.bus.request('a', 1)).rejects.toMatchObject(failed);
    await expect(t.bus.requestMany('a', 1).next()).rejects.toMatchObject(failed);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('is answered where the tap passes it on later', async () => {
    const later = around((next) => async (kind, topic, payload, options, extras) => {
      await Promise.resolve();
      return next(kind, topic, payload, options, extras);
    });
    await using t = await bench({ plugin: later });
    t.bus.handle('a', ({ payload }) => `reply to ${payload}`);
    expect(await t.bus.request('a', 1)).toBe('reply to 1');
  });
});

describe('a request whose handler ends in a verdict', () => {
  it.each([
    [new Verdict('dead-lettered'), 'dead-lettered'],
    [new Verdict('dropped', undefined, 'poisoned'), 'dropped'],
  ])('is rejected: %o', async (verdict, outcome) => {
    await using t = await bench();
    t.bus.handle('a', () => {
      throw verdict;
    });
    const asked = watched(t.bus.request('a', 1));
    await t.env.settle();
    expect(asked.state).toBe('BUS_CANCELLED');
    expect(asked.error?.message).toContain(`was ${outcome} unanswered`);
  });

  it('is rejected with the error of the verdict, where it has one', async () => {
    await using t = await bench();
    const error = busError('BUS_NO_ROUTE', 'given up', { topic: 'a' });
    t.bus.handle('a', () => Promise.reject(new Verdict('dead-lettered', error)));
    const { code, message, details } = error;
    await expect(t.bus.request('a', 1)).rejects.toMatchObject({ code, message, details });
  });
});
