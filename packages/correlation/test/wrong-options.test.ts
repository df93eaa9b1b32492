import { unaccounted } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { RequestManyOptions } from '../src/index.ts';
import { all, bench } from './support/bench.ts';

const wrong: [string, unknown][] = [
  ['options', null],
  ['options', 5],
  ['options', 'text'],
  ['options', []],
  ['options', [{ timeoutMs: 5 }]],
  ['signal', { signal: {} }],
  ['signal', { signal: 5 }],
  ['timeoutMs', { timeoutMs: '5' }],
  ['timeoutMs', { timeoutMs: -1 }],
  ['correlationId', { correlationId: 5 }],
];

describe.each([{}, { timeoutMs: 100 }])('with the settings %j, wrong options', (settings) => {
  it.each(wrong)('are a rejection that names them: %s of %j', async (option, options) => {
    await using t = await bench(settings);
    t.bus.handle('a', () => expect.unreachable());
    const before = t.env.pending;
    const refused = { code: 'BUS_OPTION_INVALID', details: { option } };
    for (let times = 0; times < 2; times++) {
      const given = options as RequestManyOptions;
      await expect(t.bus.request('a', 1, given)).rejects.toMatchObject(refused);
      await expect(all(t.bus.requestMany('a', 1, given))).rejects.toMatchObject(refused);
    }
    await t.env.advance(1);
    expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
    expect(t.env.pending).toBeLessThanOrEqual(before);
    expect(unaccounted(t.bus)).toBe(0);
  });

  it('leave the correlation id free', async () => {
    await using t = await bench(settings);
    t.bus.handle('a', () => 'reply');
    for (const options of [{ signal: {} }, { timeoutMs: '5' }, { max: 0 }]) {
      const given = { correlationId: 'c', ...options } as RequestManyOptions;
      await expect(all(t.bus.requestMany('a', 1, given))).rejects.toThrow();
    }
    expect(await t.bus.request('a', 1, { correlationId: 'c' })).toBe('reply');
  });

  it('may be limits of no type that a number compares with', async () => {
    await using t = await bench(settings);
    for (const [option, value] of [
      ['max', Symbol('x')],
      ['max', null],
      ['stallMs', Symbol('x')],
      ['stallMs', null],
    ] as const) {
      const asked = all(t.bus.requestMany('a', 1, { [option]: value } as RequestManyOptions));
      const refused = { code: 'BUS_OPTION_INVALID', details: { option } };
      await expect(asked).rejects.toMatchObject(refused);
    }
    expect(t.report().pending).toBe(0);
  });
});

it('a parent that is no message is a rejection', async () => {
  await using t = await bench();
  t.bus.handle('a', async () => 'reply');
  const refused = { code: 'BUS_OPTION_INVALID', details: { option: 'parent' } };
  for (const parent of [5, {}]) {
    const given = { parent, correlationId: 'c' } as unknown as RequestManyOptions;
    await expect(t.bus.request('a', 1, given)).rejects.toMatchObject(refused);
    await expect(all(t.bus.requestMany('a', 1, given))).rejects.toMatchObject(refused);
  }
  expect(t.report()).toEqual({ pending: 0, lateReplies: 0 });
});

it('a send that the kernel throws at is a rejection, and never throws', async () => {
  await using t = await bench();
  t.bus.handle('a', async () => 'reply');
  const parent = 5 as unknown as undefined;
  await expect(t.bus.request('a', 1, { parent, correlationId: 'c' })).rejects.toThrow();
  await expect(all(t.bus.requestMany('a', 1, { parent, correlationId: 'c' }))).rejects.toThrow();
  await t.env.settle();
  expect(t.report().pending).toBe(0);
  expect(await t.bus.request('a', 1, { correlationId: 'c' })).toBe('reply');
});
