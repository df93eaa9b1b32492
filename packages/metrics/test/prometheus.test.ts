import type { Measurement } from '@bus/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench, measuring } from './support/bench.ts';
import type { Family } from './support/exposition.ts';
import { parse } from './support/exposition.ts';

async function scrape({ bus }: Bench): Promise<Map<string, Family>> {
  return parse(await bus.metrics.prometheus());
}

/** The value of a figure that has these labels and no others. */
function value(
  families: Map<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  for (const { samples } of families.values()) {
    const found = samples.find(
      (one) => one.name === name && JSON.stringify(Object.entries(one.labels).sort()) === wanted,
    );
    if (found !== undefined) return found.value;
  }
  return undefined;
}

afterEach(() => {
  vi.doUnmock('prom-client');
});

describe('the text for Prometheus', () => {
  test('has outcomes of the bus and of each topic template', async () => {
    await using own = await bench();
    own.bus.subscribe('orders.*', () => undefined, { name: 'stock' });
    for (let i = 0; i < 3; i++) await own.bus.publish(`orders.${i}`, {});
    await own.bus.publish('nobody', {});
    const families = await scrape(own);
    expect(families.get('bus_messages_total')?.type).toBe('counter');
    expect(value(families, 'bus_messages_total', { outcome: 'handled' })).toBe(3);
    expect(value(families, 'bus_messages_total', { outcome: 'unroutable' })).toBe(1);
    expect(value(families, 'bus_messages_total', { outcome: 'failed' })).toBe(0);
    const labels = { topic: 'orders.*', endpoint: 'stock' };
    const handled = { ...labels, outcome: 'handled' };
    expect(value(families, 'bus_endpoint_messages_total', handled)).toBe(3);
    expect(value(families, 'bus_endpoints', labels)).toBe(1);
    expect(value(families, 'bus_info', { bus: 'here' })).toBe(1);
    expect(JSON.stringify([...families.values()])).not.toContain('orders.1');
  });

  test('has cumulative histograms in seconds, exact at their limits', async () => {
    await using own = await bench();
    own.handleFor('five', 5);
    own.handleFor('six', 6);
    for (const topic of ['five', 'six']) void own.bus.notify(topic, {});
    await own.env.advance(10);
    const families = await scrape(own);
    const name = 'bus_handler_duration_seconds';
    expect(families.get(name)?.type).toBe('histogram');
    expect(value(families, `${name}_bucket`, { topic: 'five', le: '0.001' })).toBe(0);
    expect(value(families, `${name}_bucket`, { topic: 'five', le: '0.005' })).toBe(1);
    expect(value(families, `${name}_bucket`, { topic: 'six', le: '0.005' })).toBe(0);
    expect(value(families, `${name}_bucket`, { topic: 'six', le: '0.01' })).toBe(1);
    expect(value(families, `${name}_sum`, { topic: 'six' })).toBe(0.006);
    expect(value(families, 'bus_message_latency_seconds_count', { topic: 'six' })).toBe(1);
    expect(families.get('bus_loop_lag_seconds')?.type).toBe('histogram');
  });

  test('has what waits, what runs, and what memory is in use', async () => {
    await using own = await bench();
    own.bus.subscribe('a', () => new Promise(() => undefined));
    for (let i = 0; i < 3; i++) void own.bus.publish('a', i);
    await own.env.advance(2000);
    const families = await scrape(own);
    expect(value(families, 'bus_queue_messages', { topic: 'a' })).toBe(2);
    expect(value(families, 'bus_queue_age_seconds', { topic: 'a' })).toBe(2);
    expect(value(families, 'bus_handlers_running', { topic: 'a' })).toBe(1);
    expect(value(families, 'bus_memory_heap_used_bytes', {})).toBeGreaterThan(1e6);
    expect(value(families, 'bus_memory_rss_bytes', {})).toBeGreaterThan(1e6);
  });

  test('has what other plugins measure, counters with _total', async () => {
    const measurements: Measurement[] = [
      { name: 'shop_retries', help: 'Tried again.', kind: 'counter', value: 2 },
      { name: 'shop_open', help: 'Is open.', kind: 'gauge', value: -1, labels: { shop: 'eu' } },
      { name: 'shop_open', help: 'Is open.', kind: 'gauge', value: 4, labels: { shop: 'us' } },
    ];
    await using own = await bench({ plugins: [measuring(() => measurements)] });
    const families = await scrape(own);
    expect(families.get('bus_shop_retries_total')).toMatchObject({
      help: 'Tried again.',
      type: 'counter',
    });
    expect(value(families, 'bus_shop_retries_total', {})).toBe(2);
    expect(value(families, 'bus_shop_open', { shop: 'eu' })).toBe(-1);
    expect(value(families, 'bus_shop_open', { shop: 'us' })).toBe(4);
    expect(own.bus.metrics.snapshot().measurements).toEqual(measurements);
  });

  test('survives measurements that no registry takes', async () => {
    const measurements: Measurement[] = [
      { name: 'bad-name', help: 'Odd.', kind: 'gauge', value: 1, labels: { 'a-label': 'x' } },
      { name: 'endpoints', help: 'A name that is taken.', kind: 'gauge', value: 1 },
      { name: 'not_a_number', help: 'Odd.', kind: 'gauge', value: Number.NaN },
      { name: 'falls', help: 'Odd.', kind: 'counter', value: -1 },
      { name: 'two_total', help: 'First.', kind: 'counter', value: 1 },
      { name: 'two_total', help: 'Second.', kind: 'gauge', value: 2 },
    ];
    await using own = await bench({ plugins: [measuring(() => measurements)] });
    const families = await scrape(own);
    expect(value(families, 'bus_bad_name', { a_label: 'x' })).toBe(1);
    expect(value(families, 'bus_two_total', {})).toBe(1);
    expect([...families.keys()]).not.toContain('bus_not_a_number');
    expect(families.get('bus_endpoints')?.help).not.toBe('A name that is taken.');
  });

  test('can be read back whatever names and patterns there are', async () => {
    await using own = await bench();
    own.bus.subscribe('a.{b,c}', () => undefined, { name: 'say "hi"\\\nthere' });
    own.bus.subscribe('[a-c].**', () => undefined, { name: 'é {}=,' });
    await own.bus.publish('a.b', {});
    const families = await scrape(own);
    const labels = { topic: 'a.{b,c}', endpoint: 'say "hi"\\\nthere', outcome: 'handled' };
    expect(value(families, 'bus_endpoint_messages_total', labels)).toBe(1);
    expect(value(families, 'bus_endpoints', { topic: '[a-c].**', endpoint: 'é {}=,' })).toBe(1);
  });

  test('has counters that never go back, and no series beyond the cap', async () => {
    await using own = await bench({ series: 5 });
    let before = 0;
    for (let round = 0; round < 20; round++) {
      const passing = own.bus.subscribe(`a.${round}`, () => undefined);
      await own.bus.publish(`a.${round}`, {});
      if (round % 2 === 0) passing.stop();
      const families = await scrape(own);
      const now = value(families, 'bus_messages_total', { outcome: 'handled' }) ?? 0;
      expect(now).toBe(before + 1);
      before = now;
      expect(families.get('bus_endpoints')?.samples.length).toBeLessThanOrEqual(6);
    }
  });

  test('is refused with a code where a bundle has left prom-client out', async () => {
    vi.doMock('prom-client', () => ({ default: {}, Registry: undefined }));
    await using own = await bench();
    await expect(own.bus.metrics.prometheus()).rejects.toMatchObject({
      code: 'METRICS_PROMETHEUS_UNAVAILABLE',
      details: { dependency: 'prom-client' },
    });
  });
});
