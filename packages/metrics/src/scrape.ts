import type { Counter, Gauge, Registry } from 'prom-client';
import type { Histogram } from './histogram.ts';

type Client = typeof import('prom-client');
/** Names and values of labels. */
export type Labels = Readonly<Record<string, string>>;

/** In µs: edges of the histograms' buckets, so that what they say is exact. */
const limits = [
  10, 100, 1000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
  10_000_000,
];
// One object each for all series: there are many samples, and their garbage is what a scrape costs.
const limitLabels = limits.map((limit) => ({ le: limit / 1e6 }));
const noLabels = {};
const infinity = { le: '+Inf' };

/** Adds one sample to a figure. */
export type Add = (value: number, labels: Labels) => void;
/** What a histogram shows of one series. */
export type Distribution = readonly [labels: Labels, histogram: Histogram];

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Labels that several samples have in common, which prom-client then writes out once. */
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** One scrape's registry, in the terms of prom-client. */
export class Scrape {
  readonly registry: Registry;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
    this.registry = new client.Registry();
  }

  has(name: string): boolean {
    return this.registry.getSingleMetric(name) !== undefined;
  }

  counter(name: string, help: string, labelNames: readonly string[]): Add {
    const registers = [this.registry];
    const counter: Counter = new this.#client.Counter({ name, help, labelNames, registers });
    return (value, labels) => counter.inc(labels, value);
  }

  gauge(name: string, help: string, labelNames: readonly string[]): Add {
    const registers = [this.registry];
    const gauge: Gauge = new this.#client.Gauge({ name, help, labelNames, registers });
    return (value, labels) => gauge.set(labels, value);
  }

  /** A histogram of prom-client's own would have to be told of each run anew. */
  histogram(name: string, help: string, distributions: readonly Distribution[]): void {
    const values = distributions.flatMap((distribution) => samplesOf(name, distribution));
    const family = { name, help, type: 'histogram', values };
    const metric = { ...family, getForPromString: async () => family };
    // The registry asks a metric for its name and for what its text is made of, and nothing else.
    this.registry.registerMetric(metric as unknown as InstanceType<Client['Histogram']>);
  }
}

function samplesOf(name: string, [sharedLabels, histogram]: Distribution): Sample[] {
  const counts = histogram.atMost(limits);
  const metricName = `${name}_bucket`;
  const samples = limitLabels.map(
    (labels, at): Sample => ({ metricName, labels, sharedLabels, value: counts[at] ?? 0 }),
  );
  samples.push({ metricName, labels: infinity, sharedLabels, value: histogram.count });
  for (const [suffix, value] of [
    ['_sum', histogram.sum / 1000],
    ['_count', histogram.count],
  ] as const) {
    samples.push({ metricName: name + suffix, labels: noLabels, sharedLabels, value });
  }
  return samples;
}
