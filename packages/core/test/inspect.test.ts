import { describe, expect, test } from 'vitest';
import type { EndpointView, Outcome } from '../src/index.ts';
import { Verdict } from '../src/index.ts';
import type { Ending } from './support/bench.ts';
import { ignore, outcomeLog, plugin, testBench } from './support/bench.ts';
import { prefixRouter } from './support/prefix-router.ts';
import { gate, refusal } from './support/promises.ts';

describe('inspect', () => {
  test('is plain JSON of all there is', async () => {
    const link = plugin('link', ({ hooks }) =>
      hooks.inspect.tap(() => ({ links: [{ peer: 'far', up: true }], frames: 3 })),
    );
    const { bus, publish } = await testBench({ plugins: [link, prefixRouter()] });
    bus.handle('a.*', ignore, { name: 'worker', priority: 2 });
    await bus.notify('a.b', 1);
    await publish('nobody');
    const report = bus.inspect();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      id: 'hub',
      state: 'running',
      plugins: { 'test-watch': {}, link: { frames: 3 }, 'test-router': {} },
      hooks: { error: ['test-watch'], claim: ['test-router'], outbound: [] },
      links: [{ peer: 'far', up: true }],
      endpoints: [
        { id: 'hub:0', name: 'worker', pattern: 'a.*', kind: 'local', bus: 'hub', priority: 2 },
      ],
      outcomes: { accepted: 2, inFlight: 0, ended: { handled: 1, unroutable: 1 } },
    });
  });

  test('names every outcome, whether it has occurred or not', async () => {
    const { bus } = await testBench();
    const outcomes: Outcome[] = ['handled', 'failed', 'rejected', 'unroutable', 'expired'];
    const others: Outcome[] = ['cancelled', 'dropped', 'superseded', 'forwarded', 'dead-lettered'];
    const { ended } = bus.inspect().outcomes;
    expect(Object.keys(ended).sort()).toEqual([...outcomes, ...others].sort());
  });
});

describe('every outcome', () => {
  test('can be reached, is counted once and is told to the observers', async () => {
    const endings: Ending[] = [];
    const letters = plugin('letters', ({ hooks }) =>
      hooks.unrouted.tap(({ topic }) => (topic === 'letter' ? 'dead-lettered' : undefined)),
    );
    const plugins = [outcomeLog(endings), letters];
    const { bus, env, host, publish, subscribe } = await testBench({ plugins });
    const origin = { peer: 'far', principal: undefined };
    subscribe('handled', ignore);
    subscribe('failed', () => Promise.reject(new Error('no')));
    subscribe('expired', () => gate().promise, { timeoutMs: 5 });
    const cancelled = subscribe('cancelled', ignore);
    cancelled.pause();
    subscribe('dropped', () => {
      throw new Verdict('dropped', undefined, 'stale');
    });
    subscribe('superseded', () => {
      throw new Verdict('superseded');
    });
    host.addEndpoint({ pattern: 'forwarded', kinds: ['event'], handler: ignore, origin });
    const cancel = new AbortController();
    for (const topic of [
      'handled',
      'failed',
      'rejected..',
      'unroutable',
      'expired',
      'forwarded',
      'letter',
      'dropped',
      'superseded',
    ]) {
      void publish(topic);
    }
    void publish('cancelled', 1, { signal: cancel.signal });
    cancel.abort();
    await env.advance(10);
    expect(bus.inspect().outcomes).toEqual({
      accepted: 10,
      inFlight: 0,
      ended: {
        handled: 1,
        failed: 1,
        rejected: 1,
        unroutable: 1,
        expired: 1,
        cancelled: 1,
        dropped: { stale: 1 },
        superseded: 1,
        forwarded: 1,
        'dead-lettered': 1,
      },
    });
    const told = endings.map(({ outcome }) => outcome);
    expect(told).toHaveLength(10);
    expect(new Set(told).size).toBe(10);
  });
});

describe('endpoints', () => {
  test('lists all, or those of one pattern, in the order they were added', async () => {
    const { bus } = await testBench();
    const subscriptions = ['b', 'a', 'b'].map((topic) => bus.handle(topic, ignore));
    const ids = (views: readonly EndpointView[]): string[] => views.map(({ id }) => id);
    expect(ids(bus.endpoints())).toEqual(['hub:0', 'hub:1', 'hub:2']);
    expect(ids(bus.endpoints('b'))).toEqual(['hub:0', 'hub:2']);
    subscriptions[0]?.stop();
    expect(ids(bus.endpoints('b'))).toEqual(['hub:2']);
    expect(bus.endpoints('none')).toEqual([]);
  });

  test('are named by option, else by function, else by nothing', async () => {
    const { bus } = await testBench();
    bus.handle('a', function billing() {});
    bus.handle('a', () => undefined);
    bus.handle('a', ignore, { name: 'given' });
    expect(bus.endpoints().map(({ name }) => name)).toEqual(['billing', undefined, 'given']);
  });

  test('say what waits and runs', async () => {
    const { bus, publish, subscribe } = await testBench();
    subscribe('a', () => gate().promise);
    for (let i = 0; i < 3; i++) void publish('a');
    expect(bus.endpoints()).toMatchObject([{ pending: 3, state: 'active' }]);
  });
});

describe('explain', () => {
  test('says who would get a message, in which order, and why not the others', async () => {
    const picky = plugin('picky', ({ hooks }) =>
      hooks.select.tap((targets) => targets.filter(({ name }) => name !== 'ill')),
    );
    const { bus, subscribe } = await testBench({ plugins: [picky, prefixRouter()] });
    bus.handle('a.b', ignore, { name: 'best', priority: 2 });
    bus.handle('a.b', ignore, { name: 'equal', priority: 2, balance: 'sticky' });
    bus.handle('a.b', ignore, { name: 'lower', priority: 1 });
    bus.handle('a.*', ignore, { name: 'broad', priority: 2 });
    bus.handle('a.b', ignore, { name: 'ill', priority: 9 });
    subscribe('a.b', ignore, { name: 'listener' });
    const { verdict, endpoints } = bus.explain('a.b', { kind: 'request' });
    expect(verdict).toBe('goes to one of 2 equals');
    expect(endpoints.map(({ name, chosen, why }) => [name, chosen, why])).toEqual([
      ['ill', false, 'a plugin has left it out'],
      ['best', true, 'one of 2 equals, by round-robin'],
      ['equal', true, expect.stringMatching(/one of 2 equals/)],
      ['broad', false, 'a more specific pattern takes it'],
      ['lower', false, 'priority 1 is below 2'],
      ['listener', false, 'takes no requests'],
    ]);
    expect(JSON.parse(JSON.stringify(endpoints))).toEqual(endpoints);
  });

  test('has a verdict for every end', async () => {
    const { bus, subscribe } = await testBench();
    subscribe('one', ignore);
    subscribe('two', ignore, { group: 'g', filter: () => true });
    subscribe('two', ignore);
    bus.handle('asked', ignore);
    expect(bus.explain('one').verdict).toBe('goes to 1 endpoint');
    expect(bus.explain('two').verdict).toBe('goes to 2 endpoints');
    expect(bus.explain('two').endpoints.map(({ why }) => why)).toEqual([
      "in group 'g', by round-robin, if its filter wants the message",
      'matches',
    ]);
    expect(bus.explain('asked', { kind: 'request' })).toMatchObject({
      verdict: 'goes to 1 endpoint',
      endpoints: [{ chosen: true, why: 'the best match' }],
    });
    expect(bus.explain('none').verdict).toBe('unroutable, which is no error for an event');
    expect(bus.explain('none', { kind: 'request' }).verdict).toBe('refused: BUS_NO_ROUTE');
    expect(bus.explain('one', { kind: 'notification' }).verdict).toBe('goes to 1 endpoint');
    expect(bus.explain('a..b').verdict).toMatch(/^refused: BUS_TOPIC_INVALID, /);
  });

  test('counts a group once, and passes over its members of lower priority', async () => {
    const { bus, subscribe } = await testBench();
    subscribe('a', ignore, { group: 'g', priority: 1 });
    subscribe('a', ignore, { group: 'g', priority: 1 });
    subscribe('a', ignore, { group: 'g' });
    const { verdict, endpoints } = bus.explain('a');
    expect(verdict).toBe('goes to 1 endpoint');
    expect(endpoints.map(({ chosen }) => chosen)).toEqual([true, true, false]);
    expect(endpoints[2]?.why).toBe('priority 0 is below 1');
  });

  test('tells of a select tap that throws, instead of throwing', async () => {
    const broken = plugin('broken', ({ hooks }) =>
      hooks.select.tap(() => {
        throw new Error('no');
      }),
    );
    const { bus } = await testBench({ plugins: [broken] });
    bus.handle('a', ignore);
    expect(bus.explain('a', { kind: 'request' }).verdict).toMatch(/^refused: BUS_HOOK_FAILED, /);
  });

  test('tells select that nothing is sent', async () => {
    const dryRuns: boolean[] = [];
    const watch = plugin('watch', ({ hooks }) => {
      hooks.select.tap((targets, { message: { topic, kind, payload }, isDryRun }) => {
        dryRuns.push(isDryRun);
        expect([topic, kind, payload]).toEqual(['a', 'request', undefined]);
        return targets;
      });
    });
    const { bus, request } = await testBench({ plugins: [watch] });
    bus.handle('a', ignore);
    bus.explain('a', { kind: 'request' });
    await request('a');
    expect(dryRuns).toEqual([true, false]);
  });

  test('sends nothing and leaves no trace', async () => {
    const { bus, subscribe } = await testBench();
    let handled = 0;
    subscribe('a', () => void handled++);
    const before = bus.inspect();
    for (let i = 0; i < 10; i++) bus.explain(`a${i}`);
    bus.explain('a');
    expect(bus.inspect()).toEqual(before);
    expect(handled).toBe(0);
  });
});

describe('system events', () => {
  test('tell of endpoints that come and go', async () => {
    const { bus, subscribe } = await testBench();
    const seen: unknown[] = [];
    const note = ({ topic, payload }: { topic: string; payload: unknown }): void => {
      const { endpoint } = payload as { endpoint: EndpointView };
      seen.push([topic, endpoint.pattern, endpoint.state]);
    };
    subscribe('$bus.endpoint.added', note);
    subscribe('$bus.endpoint.removed', note);
    seen.length = 0;
    bus.handle('a', ignore).stop();
    expect(seen).toEqual([
      ['$bus.endpoint.added', 'a', 'active'],
      ['$bus.endpoint.removed', 'a', 'stopped'],
    ]);
  });

  test('are read only by patterns that begin with $bus', async () => {
    const { host, subscribe } = await testBench({ plugins: [prefixRouter()] });
    const seen: string[] = [];
    for (const pattern of ['*', '$*', '$bus*', '$bus.x*', '$bus.x.y']) {
      subscribe(pattern, () => void seen.push(pattern));
    }
    seen.length = 0;
    host.emit('$bus.x.y', 1);
    expect([...seen].sort()).toEqual(['$bus*', '$bus.x*', '$bus.x.y']);
    expect((await refusal(host.send('event', '$bus.x.y', 1))).code).toBe('BUS_TOPIC_INVALID');
    seen.length = 0;
    await host.send('event', '$other', 1);
    expect([...seen].sort()).toEqual(['$*', '*']);
  });

  test('cost nothing and count nothing where nobody listens', async () => {
    const { bus, host } = await testBench();
    host.emit('$bus.x', 1);
    bus.handle('a', ignore);
    expect(bus.inspect().outcomes.accepted).toBe(0);
  });
});
