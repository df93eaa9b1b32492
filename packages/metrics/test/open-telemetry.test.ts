import type { Measurement } from '@bus/core';
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import type { Bench, BenchOptions } from './support/bench.ts';
import { bench, measuring } from './support/bench.ts';

interface Telemetry extends AsyncDisposable {
  readonly own: Bench;
  /** Collects, and gives the data of one instrument. */
  collect(name: string): Promise<MetricData | undefined>;
}

async function telemetry(options: BenchOptions = {}): Promise<Telemetry> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const hour = 3_600_000;
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: hour });
  const provider = new MeterProvider({ readers: [reader] });
  const own = await bench({ ...options, meter: provider.getMeter('bus') });
  return {
    own,
    async collect(name) {
      exporter.reset();
      await reader.forceFlush();
      return exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap(({ metrics }) => metrics)
        .find(({ descriptor }) => descriptor.name === name);
    },
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]();
      await provider.shutdown();
    },
  };
}

/** The points, each as its attributes with its value. */
function points(data: MetricData | undefined): object[] {
  const all = (data?.dataPoints ?? []) as DataPoint<number>[];
  return all.map(({ attributes, value }) => ({ ...attributes, value }));
}

describe('a meter of OpenTelemetry', () => {
  test('gets messages sent, by operation', async () => {
    await using running = await telemetry();
    const { own, collect } = running;
    own.bus.handle('a', () => undefined);
    for (let i = 0; i < 3; i++) await own.bus.publish('anything', {});
    await own.bus.notify('a', {});
    const data = await collect('messaging.client.sent.messages');
    expect(data?.descriptor).toMatchObject({ unit: '{message}', type: 'OBSERVABLE_COUNTER' });
    const sent = (operation: string, value: number): object => ({
      'messaging.system': 'bus',
      'messaging.operation.name': operation,
      value,
    });
    expect(points(data)).toEqual([sent('publish', 3), sent('notify', 1), sent('request', 0)]);
  });

  test('gets messages consumed by template, and what kind of error they ended in', async () => {
    await using running = await telemetry();
    const { own, collect } = running;
    own.bus.subscribe(
      'orders.*',
      ({ payload }) => {
        if (payload === 'bad') throw new Error('on purpose');
      },
      { name: 'stock' },
    );
    for (const payload of ['good', 'good', 'bad']) await own.bus.publish('orders.1', payload);
    await own.bus.publish('nobody', {});
    const data = await collect('messaging.client.consumed.messages');
    const attributes = {
      'messaging.system': 'bus',
      'messaging.destination.template': 'orders.*',
      'messaging.destination.subscription.name': 'stock',
      'messaging.operation.name': 'handle',
      'messaging.operation.type': 'process',
    };
    expect(points(data)).toEqual([
      { ...attributes, value: 2 },
      { ...attributes, 'error.type': 'failed', value: 1 },
    ]);
  });

  test('gets durations of runs that were timed', async () => {
    await using running = await telemetry();
    const { own, collect } = running;
    own.handleFor('slow', 200);
    for (let i = 0; i < 3; i++) void own.bus.notify('slow', i);
    await own.env.advance(1000);
    const data = await collect('messaging.process.duration');
    expect(data?.descriptor.unit).toBe('s');
    const [point, ...others] = data?.dataPoints ?? [];
    expect(others).toEqual([]);
    expect(point).toMatchObject({
      attributes: {
        'messaging.system': 'bus',
        'messaging.operation.name': 'handle',
        'messaging.destination.template': 'slow',
      },
      value: {
        count: 3,
        buckets: {
          boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
          counts: [0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0],
        },
      },
    });
  });

  test('gets outcomes, queues and lag under names of the bus', async () => {
    await using running = await telemetry();
    const { own, collect } = running;
    own.bus.subscribe('a', () => new Promise(() => undefined));
    for (let i = 0; i < 3; i++) void own.bus.publish('a', i);
    await own.bus.publish('nobody', {});
    await own.env.advance(2000);
    expect(points(await collect('bus.messages'))).toContainEqual({
      'messaging.system': 'bus',
      'bus.outcome': 'unroutable',
      value: 1,
    });
    const about = { 'messaging.system': 'bus', 'messaging.destination.template': 'a' };
    expect(points(await collect('bus.queue.messages'))).toContainEqual({ ...about, value: 2 });
    expect(points(await collect('bus.queue.age'))).toContainEqual({ ...about, value: 2 });
    expect(points(await collect('bus.handlers.running'))).toContainEqual({ ...about, value: 1 });
    expect(points(await collect('bus.loop.lag'))).toEqual([{ value: 0 }]);
  });

  test('gets what other plugins measure, also what they measure later', async () => {
    const retries = { name: 'shop_retries', help: 'Tried again.', kind: 'counter' } as const;
    const open = { name: 'shop_open', help: 'Is open.', kind: 'gauge' } as const;
    let measurements: Measurement[] = [{ ...retries, value: 1 }];
    await using own = await telemetry({ plugins: [measuring(() => measurements)] });
    measurements = [
      { ...retries, value: 2 },
      { ...open, value: 5, labels: { shop: 'eu' } },
      { ...open, value: Number.NaN, labels: { shop: 'us' } },
    ];
    const counted = await own.collect('bus.shop_retries');
    expect(counted?.descriptor).toMatchObject({
      type: 'OBSERVABLE_COUNTER',
      description: 'Tried again.',
    });
    expect(points(counted)).toEqual([{ value: 2 }]);
    expect(points(await own.collect('bus.shop_open'))).toEqual([{ shop: 'eu', value: 5 }]);
  });

  test('is told of nothing any more when the bus has stopped', async () => {
    const own = await telemetry();
    await own.own[Symbol.asyncDispose]();
    expect((await own.collect('bus.messages'))?.dataPoints ?? []).toEqual([]);
    await own[Symbol.asyncDispose]();
  });
});
