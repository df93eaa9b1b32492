import { never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { all, bench } from './support/bench.ts';

async function theLineThatAsked({ bus }: Bench, topic: string): Promise<unknown> {
  return await bus.request(topic, 1, { timeoutMs: 50 });
}

async function theLoopThatAsked({ bus }: Bench, topic: string): Promise<void> {
  for await (const _reply of bus.requestMany(topic, 1, { timeoutMs: 50 }));
}

async function failureOf(t: Bench, asked: Promise<unknown>): Promise<Error> {
  const failed = asked.then(
    () => expect.unreachable(),
    (error) => error,
  );
  await t.env.advance(60);
  return failed;
}

describe('the stack of a failed request', () => {
  it.each(['nobody', 'throws', 'rejects', 'never', 'full'])(
    'leads to the line that asked %s',
    async (topic) => {
      await using t = await bench();
      t.bus.handle('throws', () => {
        throw new Error('at once');
      });
      t.bus.handle('rejects', () => Promise.reject(new Error('later')));
      t.bus.handle('never', never);
      t.bus.handle('full', never, { concurrency: 1, capacity: 1, overflow: 'error' });
      if (topic === 'full') {
        for (let i = 0; i < 2; i++) t.bus.request('full', 1).catch(() => undefined);
      }
      const [one, many] = [theLineThatAsked(t, topic), theLoopThatAsked(t, topic)];
      expect((await failureOf(t, one)).stack).toContain('theLineThatAsked');
      expect((await failureOf(t, many)).stack).toContain('theLoopThatAsked');
    },
  );

  it('begins with the name and the message of the error', async () => {
    await using t = await bench();
    t.bus.handle('a', () => {
      throw new TypeError('wrong type');
    });
    const { stack } = await failureOf(t, theLineThatAsked(t, 'a'));
    expect(stack).toMatch(/^TypeError: wrong type\n/);
  });

  it('is its own, where one error ends many', async () => {
    const t = await bench();
    t.bus.handle('never', never);
    const other = async () => await t.bus.request('never', 1);
    const asked = [theLineThatAsked(t, 'never'), other()].map((one) => failureOf(t, one));
    const stopped = t.bus.stop({ drainMs: 0 });
    await t.env.settle();
    await stopped;
    const [one, two] = await Promise.all(asked);
    expect([one, two]).toMatchObject([{ code: 'BUS_CLOSED' }, { code: 'BUS_CLOSED' }]);
    expect(one?.stack).toContain('theLineThatAsked');
    expect(two?.stack).toContain('other');
    expect(two?.stack).not.toContain('theLineThatAsked');
  });

  it('is there to be read late: a loop that begins after the end still throws', async () => {
    await using t = await bench();
    t.bus.handle('a', never);
    const replies = t.bus.requestMany('a', 1, { timeoutMs: 50 });
    await t.env.advance(50);
    await expect(all(replies)).rejects.toMatchObject({ code: 'CORRELATION_TIMEOUT' });
  });
});
