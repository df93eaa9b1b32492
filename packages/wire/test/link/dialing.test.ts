import { BusError } from '@bus/core';
import { quiet } from '@bus/test-support';
import { expect, test } from 'vitest';
import type { Side } from '../support/buses.ts';
import { Buses, linksOf } from '../support/buses.ts';
import { streamFeatures } from '../support/features.ts';

const address = 'ws://shop.example:80/bus';

/** A way to a listener of which each attempt fails as the test says. */
function failing(...reasons: readonly unknown[]): { sides: Side[]; readonly attempts: number } {
  const state = { attempts: 0 };
  const transport: Side[0] = {
    name: 'test',
    address,
    role: 'connect',
    features: streamFeatures,
    async open() {
      throw reasons[Math.min(state.attempts++, reasons.length - 1)];
    },
    async close() {},
  };
  const sides: Side[] = [[transport]];
  return {
    sides,
    get attempts() {
      return state.attempts;
    },
  };
}

interface Failed {
  readonly code: string;
  readonly message: string;
  readonly cause?: { readonly message: string; readonly code?: string; readonly cause?: unknown };
}

/** How the start of a bus fails, and what it logs meanwhile. */
async function startOf(sides: readonly Side[]): Promise<{ error: Failed; logged: string[] }> {
  const buses = new Buses();
  const logged: string[] = [];
  const log = { ...quiet, warn: (line: string) => void logged.push(line) };
  const bus = buses.bus('here', sides, { log, startTimeoutMs: 2000 });
  const error = await buses.run(bus.start().then(undefined, (reason) => reason as Failed));
  return { error: error as Failed, logged };
}

const refused = (): Error =>
  Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:80'), { code: 'ECONNREFUSED' });

test('a start that runs out of time says where it could not connect, and why', async () => {
  const way = failing(refused());
  const { error } = await startOf(way.sides);
  expect(way.attempts).toBeGreaterThan(3);
  expect(error.code).toBe('BUS_PLUGIN_START_TIMEOUT');
  const why = `no link to ${address}: connect ECONNREFUSED 10.0.0.7:80`;
  expect(error.message).toBe(`plugin '@bus/transport-test' did not start within 2000 ms: ${why}`);
  expect(error.cause).toMatchObject({ message: why, cause: { code: 'ECONNREFUSED' } });
});

test('a reason is logged when it is met, and once however often', async () => {
  const { logged } = await startOf(failing(refused(), refused(), new Error('late')).sides);
  expect(logged).toEqual([
    `no link to ${address}: connect ECONNREFUSED 10.0.0.7:80; trying again`,
    `no link to ${address}: late; trying again`,
  ]);
});

test('of an error that only gathers others, all of them are the reason', async () => {
  const several = [new Error('connect ECONNREFUSED ::1:80'), refused()];
  const { error } = await startOf(failing(new AggregateError(several, '')).sides);
  expect(error.message).toMatch(/: connect ECONNREFUSED ::1:80; connect ECONNREFUSED 10.0.0.7:80$/);
});

test('a start that meets silence says where', async () => {
  const [[transport]] = failing().sides as [Side];
  const silent: Side = [{ ...transport, open: () => new Promise(() => undefined) }];
  const { error, logged } = await startOf([silent]);
  expect(error.cause?.message).toBe(`no link to ${address}: it does not answer`);
  expect(logged).toEqual([]);
});

test('what trying again cannot mend fails the start at once, with its own code', async () => {
  const way = failing(new BusError('WIRE_UNAUTHORIZED', 'no badge', {}));
  const { error, logged } = await startOf(way.sides);
  expect(way.attempts).toBe(1);
  expect([error.code, error.cause?.code]).toEqual(['BUS_PLUGIN_START_FAILED', 'WIRE_UNAUTHORIZED']);
  expect(logged).toEqual([`no link to ${address}: no badge`]);
});

test('a second link to one hub from one bus is refused at once, by a code that says so', async () => {
  const buses = new Buses();
  const cable = buses.cable();
  const hub = buses.bus('hub', [[cable.listener]]);
  const twice: Side[] = [[cable.another()], [{ ...cable.another(), name: 'other' }]];
  const bus = buses.bus('here', twice);
  await hub.start();
  const before = buses.env.now();
  const error = await buses.run(bus.start().then(undefined, (reason) => reason as Failed));
  expect(buses.env.now() - before).toBeLessThan(50);
  expect(error).toMatchObject({
    code: 'BUS_PLUGIN_START_FAILED',
    cause: { code: 'WIRE_LINK_DUPLICATE' },
  });
  expect(linksOf(hub)).toEqual([]);
});

test('a listener that turned its peer away later is asked less and less, and that is logged once', async () => {
  let isWelcome = true;
  const authenticate = (): string | Error => (isWelcome ? 'us' : new Error('no such badge'));
  const logged: string[] = [];
  const log = { ...quiet, warn: (line: string) => void logged.push(line) };
  const two = new Buses();
  const cable = two.cable();
  const hub = two.bus('hub', [[cable.listener, { authenticate }]]);
  two.bus('here', [[cable.connector]], { log });
  await two.start();
  const { dials } = cable;
  isWelcome = false;
  cable.cut();
  dials.length = 0;
  await two.env.advance(60_000);
  const inFirstMinute = dials.length;
  expect(inFirstMinute).toBeLessThan(20);
  await two.env.advance(600_000);
  expect(dials.length - inFirstMinute).toBeLessThan(40);
  isWelcome = true;
  await two.env.advance(120_000);
  expect(linksOf(hub)).toMatchObject([{ state: 'up' }]);
  expect(logged).toEqual(["'cable' says: 'here' was not let in: no such badge; trying again"]);
});
