import { describe, expect, it } from 'vitest';
import { bench, Switch, unwell } from './support/bench.ts';

describe('a request', () => {
  it('goes to the next healthy equal, and back when it has recovered', async () => {
    const t = await bench();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Switch(name)) as [Switch, Switch, Switch];
    for (const one of [a, b, c]) t.bus.handle('q', one.handle);
    await b.breakDown(() => t.ask('q'));
    const seen = new Map<unknown, number>();
    for (let i = 0; i < 30; i++) {
      const reply = await t.ask('q');
      seen.set(reply, (seen.get(reply) ?? 0) + 1);
    }
    expect([...seen].sort()).toEqual([
      ['a', 15],
      ['c', 15],
    ]);
    expect(t.inspect().failovers).toBe(30);
    b.ok = true;
    await t.env.advance(5000);
    expect(await t.ask('q')).toBe('b');
    const after = new Set<unknown>();
    for (let i = 0; i < 3; i++) after.add(await t.ask('q'));
    expect(after).toEqual(new Set(['a', 'b', 'c']));
  });

  it('goes to the next lower priority where all of the higher are broken', async () => {
    const t = await bench();
    const high = new Switch('high');
    t.bus.handle('q', high.handle, { priority: 2 });
    t.bus.handle('q', () => 'low', { priority: 1 });
    await high.breakDown(() => t.ask('q'));
    expect(await t.ask('q')).toBe('low');
  });

  it('does not try a broken handler of lower priority while the higher are healthy', async () => {
    const t = await bench({ breaker: { openMs: 100 } });
    const low = new Switch('low');
    t.bus.handle('q', low.handle, { priority: 1 });
    await low.breakDown(() => t.ask('q'));
    t.bus.handle('q', () => 'high', { priority: 2 });
    await t.env.advance(200);
    expect(await t.ask('q')).toBe('high');
    expect(low.runs).toBe(5);
  });

  it('passes by one that is healthy but whose filter does not want it', async () => {
    const t = await bench();
    const broken = new Switch('broken');
    t.host.addEndpoint({
      pattern: 'q',
      kinds: ['request'],
      handler: () => 'filtered',
      filter: () => false,
    });
    t.bus.handle('q', broken.handle);
    await broken.breakDown(() => t.ask('q'));
    expect(await t.ask('q')).toBe('HEALTH_BREAKER_OPEN');
    await t.env.advance(5000);
    broken.ok = true;
    expect(await t.ask('q')).toBe('broken');
  });

  it('asks a filter that throws once, reports it, and takes its answer for no', async () => {
    const t = await bench();
    const broken = new Switch('broken');
    let asked = 0;
    t.host.addEndpoint({
      pattern: 'q',
      kinds: ['request', 'event'],
      handler: () => 'filtered',
      filter() {
        asked++;
        throw new Error('cannot tell');
      },
    });
    t.bus.handle('q', broken.handle);
    await broken.breakDown(() => t.ask('q'));
    t.errors.length = 0;
    asked = 0;
    expect(await t.ask('q')).toBe('HEALTH_BREAKER_OPEN');
    expect(asked).toBe(1);
    expect(t.errors[0]).toMatchObject({
      code: 'BUS_HANDLER_FAILED',
      cause: { message: 'cannot tell' },
    });
    t.bus.explain('q', { kind: 'request' });
    expect(asked).toBe(1);
  });

  it('takes any truthy answer of a filter for yes', async () => {
    const t = await bench();
    const broken = new Switch('broken');
    t.host.addEndpoint({
      pattern: 'q',
      kinds: ['request'],
      handler: () => 'filtered',
      filter: ({ payload }) => String(payload).match(/x/),
    });
    t.bus.handle('q', broken.handle);
    await broken.breakDown(() => t.ask('q', { payload: 'none' }));
    expect(await t.ask('q', { payload: 'x' })).toBe('filtered');
    expect(await t.ask('q', { payload: 'none' })).toBe('HEALTH_BREAKER_OPEN');
  });

  it('for many goes to all that are healthy', async () => {
    const t = await bench();
    const [a, b] = [new Switch('a'), new Switch('b')] as const;
    for (const one of [a, b]) t.bus.handle('q', one.handle);
    await b.breakDown(() => t.ask('q'));
    const gather = async (): Promise<unknown[]> => {
      const replies: unknown[] = [];
      for await (const reply of t.bus.requestMany('q', 1, { timeoutMs: 100 })) replies.push(reply);
      return replies;
    };
    expect(await gather()).toEqual(['a']);
    await t.env.advance(5000);
    b.ok = true;
    expect((await gather()).sort()).toEqual(['a', 'b']);
    expect(t.inspect().breakers).toEqual({ open: 0, halfOpen: 0 });
  });
});

describe('an event', () => {
  it('for a group goes to its next healthy member, then to the next lower priority', async () => {
    const t = await bench();
    const broken = new Switch(undefined);
    const got: string[] = [];
    t.bus.subscribe('e', broken.handle, { group: 'g', priority: 2 });
    t.bus.subscribe('e', () => void got.push('low'), { group: 'g', priority: 1 });
    t.bus.subscribe('e', () => void got.push('other group'), { group: 'other' });
    await broken.breakDown(() => t.bus.publish('e', 1));
    got.length = 0;
    expect(await t.bus.publish('e', 1)).toBe(2);
    expect(got.sort()).toEqual(['low', 'other group']);
  });

  it('goes to a broken subscriber without a group all the same, and so finds it recovered', async () => {
    const t = await bench();
    const alone = new Switch(undefined);
    t.bus.subscribe('e', alone.handle, { name: 'alone' });
    await alone.breakDown(() => t.bus.publish('e', 1));
    expect(unwell(t.bus.health.check())).toEqual({ alone: 'down' });
    expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
    expect(await t.bus.publish('e', 1)).toBe(1);
    await t.env.advance(5000);
    alone.ok = true;
    expect(await t.bus.publish('e', 1)).toBe(1);
    expect(alone.runs).toBe(7);
    expect(t.bus.health.check().status).toBe('healthy');
  });

  it('for a group of which all are broken goes there all the same', async () => {
    const t = await bench();
    const only = new Switch(undefined);
    t.bus.subscribe('e', only.handle, { group: 'g' });
    await only.breakDown(() => t.bus.publish('e', 1));
    expect(t.inspect().breakers.open).toBe(1);
    expect(await t.bus.publish('e', 1)).toBe(1);
    expect(only.runs).toBe(6);
  });

  it('that tries a member of a group goes to no other of it', async () => {
    const t = await bench();
    const tried = new Switch(undefined);
    let others = 0;
    t.bus.subscribe('e', tried.handle, { group: 'g' });
    t.bus.subscribe('e', () => void others++, { group: 'g' });
    await tried.breakDown(() => t.bus.publish('e', 1));
    await t.env.advance(5000);
    tried.ok = true;
    const before = others;
    expect(await t.bus.publish('e', 1)).toBe(1);
    expect([tried.runs, others - before]).toEqual([6, 0]);
  });
});

describe('a notification', () => {
  it('goes to every handler, also to those that are broken', async () => {
    const t = await bench();
    const broken = new Switch('b');
    t.bus.handle('n', () => 'a');
    t.bus.handle('n', broken.handle);
    await broken.breakDown(() => t.ask('n'));
    expect(await t.bus.notify('n', 1)).toBe(2);
  });
});

describe('a fallback', () => {
  it('gets requests only where no healthy handler is left', async () => {
    const t = await bench();
    const main = new Switch('main');
    t.bus.handle('q', () => 'cached', { fallback: true, name: 'cache' });
    t.bus.handle('q', main.handle, { priority: -1000 });
    expect(await t.ask('q')).toBe('main');
    await main.breakDown(() => t.ask('q'));
    expect(await t.ask('q')).toBe('cached');
    expect(t.bus.health.check()).toMatchObject({ status: 'degraded', ready: true });
    await t.env.advance(5000);
    main.ok = true;
    expect(await t.ask('q')).toBe('main');
  });

  it('may stand in for many topics, and gets no notifications', async () => {
    const t = await bench();
    const main = new Switch('main');
    t.bus.handle('q.a', main.handle);
    t.bus.handle('q.*', ({ topic }) => `instead of ${topic}`, { fallback: true });
    await main.breakDown(() => t.ask('q.a'));
    expect(await t.ask('q.a')).toBe('instead of q.a');
    expect(t.bus.health.check().status).toBe('degraded');
    await expect(t.bus.notify('q.b', 1)).rejects.toMatchObject({ code: 'BUS_NO_ROUTE' });
  });

  it('is like any handler where the option is false, or not given', async () => {
    const t = await bench();
    t.bus.handle('q', () => 'low', { fallback: false });
    t.bus.handle('q', () => 'high', { priority: 1 });
    expect(await t.ask('q')).toBe('high');
    expect(t.bus.endpoints('q').map(({ priority }) => priority)).toEqual([0, 1]);
  });

  it('refuses what makes no sense', async () => {
    const t = await bench();
    const invalid = { code: 'BUS_OPTION_INVALID' };
    const options: object[] = [{ fallback: 'yes' }, { fallback: true, priority: 3 }];
    for (const wrong of options) {
      expect(() => t.bus.handle('q', () => 1, wrong)).toThrow(expect.objectContaining(invalid));
    }
    const forGroup: object = { fallback: true, group: 'g' };
    expect(() => t.bus.subscribe('e', () => {}, forGroup)).toThrow(
      expect.objectContaining(invalid),
    );
  });
});

describe('explain', () => {
  it('says who is passed by, and changes nothing', async () => {
    const t = await bench();
    const broken = new Switch('b');
    t.bus.handle('q', () => 'a', { name: 'a' });
    t.bus.handle('q', broken.handle, { name: 'b' });
    await broken.breakDown(() => t.ask('q'));
    const chosen = (): unknown[] =>
      t.bus
        .explain('q', { kind: 'request' })
        .endpoints.filter((endpoint) => endpoint.chosen)
        .map(({ name }) => name);
    expect(chosen()).toEqual(['a']);
    await t.env.advance(5000);
    const before = t.inspect();
    expect(chosen()).toEqual(['b']);
    expect(chosen()).toEqual(['b']);
    expect(t.inspect()).toEqual(before);
  });

  it('says that a request would be refused', async () => {
    const t = await bench();
    const broken = new Switch('b');
    t.bus.handle('q', broken.handle);
    await broken.breakDown(() => t.ask('q'));
    expect(t.bus.explain('q', { kind: 'request' }).verdict).toContain('HEALTH_BREAKER_OPEN');
    expect(t.inspect().refused).toBe(0);
  });
});
