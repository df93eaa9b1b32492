import type { Bus, EndpointView, Subscription } from '@bus/core';
import { BusError, createBus } from '@bus/core';
import { describe, expectTypeOf, it } from 'vitest';
import type { HealthErrorCodes, HealthReport, SubjectHealth } from '../src/index.ts';
import { Health, health } from '../src/index.ts';

interface Shop {
  'orders.get': { payload: { id: string }; reply: number };
  'orders.created': { payload: { id: string } };
}

const bare = createBus<Shop>();
const bus = createBus<Shop>().use(health({ breaker: { failures: 3 } }));

describe('a bus without the plugin', () => {
  it('has none of it', () => {
    // @ts-expect-error @bus/health is not installed
    bare.health.check();
    // @ts-expect-error the option is of a plugin that is not installed
    bare.handle('orders.get', () => 1, { fallback: true });
  });

  it('takes the plugin once', () => {
    // @ts-expect-error capability 'health' is already provided
    bus.use(health());
  });
});

describe('the plugin', () => {
  it('adds bus.health', () => {
    expectTypeOf(bus).toEqualTypeOf<Bus<Shop, Health>>();
    expectTypeOf(bus.health.check()).toEqualTypeOf<HealthReport>();
    expectTypeOf(bus.health.of).parameter(0).toEqualTypeOf<string | EndpointView | Subscription>();
    expectTypeOf(bus.health.of('a')).toEqualTypeOf<SubjectHealth | undefined>();
    expectTypeOf(bus.health.ping('a', { timeoutMs: 1 })).toEqualTypeOf<Promise<number>>();
    expectTypeOf(Health.name).toEqualTypeOf<'health'>();
  });

  it('adds the option fallback to handle, typed by the contract', () => {
    const added = bus.handle('orders.get', ({ payload }) => payload.id.length, { fallback: true });
    expectTypeOf(added).toEqualTypeOf<Subscription>();
    bus.handle('orders.get', () => 1, { priority: 1 });
    // @ts-expect-error the reply is a number
    bus.handle('orders.get', () => 'text', { fallback: true });
    // @ts-expect-error a fallback ranks below all
    bus.handle('orders.get', () => 1, { fallback: true, priority: 1 });
    // @ts-expect-error fallback is true or false
    bus.handle('orders.get', () => 1, { fallback: 'yes' });
  });

  it('refuses options it does not know', () => {
    // @ts-expect-error no such option
    health({ interval: 20 });
    // @ts-expect-error true says nothing
    health({ breaker: true });
  });

  it('adds its codes, which narrow details', () => {
    const error: unknown = undefined;
    if (!BusError.is(error)) return;
    if (error.code === 'HEALTH_BREAKER_OPEN') {
      expectTypeOf(error.details).toEqualTypeOf<HealthErrorCodes['HEALTH_BREAKER_OPEN']>();
    }
    if (error.code === 'HEALTH_ENDPOINT_UNHEALTHY') {
      expectTypeOf(error.details.peer).toEqualTypeOf<string>();
    }
  });
});
