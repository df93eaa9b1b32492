import { unavailable } from './errors.ts';
import { exposedMeasurements } from './exposed-measurements.ts';
import type { Figures } from './figures.ts';
import type { Histogram } from './histogram.ts';
import type { Add, Distribution, Labels } from './scrape.ts';
import { Scrape } from './scrape.ts';
import type { Series, SeriesLabels } from './series.ts';
import { outcomes } from './tally.ts';

const endpointLabels = ['topic', 'endpoint', 'peer'];

/**
 * The figures in the text format of Prometheus. Each call fills a registry of its own, so nothing is
 * kept between scrapes and series that are no more are not shown.
 * @throws METRICS_PROMETHEUS_UNAVAILABLE
 */
export async function exposition(read: () => Figures): Promise<string> {
  const client = await import('prom-client');
  // What a bundler for browsers puts in its place is empty.
  if (typeof client.Registry !== 'function') throw unavailable();
  const figures = read();
  const scrape = new Scrape(client);
  exposeBus(scrape, figures);
  exposeEndpoints(scrape, figures.series);
  for (const { name, help, kind, labelNames, samples } of exposedMeasurements(figures)) {
    if (scrape.has(name)) continue;
    const metric = kind === 'counter' ? scrape.counter : scrape.gauge;
    const add = metric.call(scrape, name, help, labelNames);
    for (const { labels, value } of samples) add(value, labels);
  }
  return scrape.registry.metrics();
}

function exposeBus(scrape: Scrape, figures: Figures): void {
  scrape.gauge('bus_info', 'The bus that this is about.', ['bus'])(1, { bus: figures.busId });
  const ended = scrape.counter(
    'bus_messages_total',
    'Messages that ended, once for each target, by how; those that reached none included.',
    ['outcome'],
  );
  for (const outcome of outcomes) ended(figures.outcomes[outcome], { outcome });
  const dropped = scrape.counter(
    'bus_messages_dropped_total',
    'Messages with the outcome dropped, by reason.',
    ['reason'],
  );
  for (const [reason, count] of figures.dropped) dropped(count, { reason });
  scrape.histogram('bus_loop_lag_seconds', 'How late a timer of the event loop was.', [
    [{}, figures.lateness],
  ]);
  const { memory } = figures;
  if (memory === undefined) return;
  scrape.gauge('bus_memory_rss_bytes', 'Memory of the process.', [])(memory.rss, {});
  scrape.gauge('bus_memory_heap_used_bytes', 'Memory that objects take.', [])(memory.heapUsed, {});
}

function exposeEndpoints(scrape: Scrape, all: readonly Series[]): void {
  const ended = scrape.counter(
    'bus_endpoint_messages_total',
    'Messages that ended at the endpoints of a topic template, by how.',
    [...endpointLabels, 'outcome'],
  );
  const gauge = (name: string, help: string): Add => scrape.gauge(name, help, endpointLabels);
  const endpoints = gauge('bus_endpoints', 'Handlers, subscriptions and ends of links.');
  const queued = gauge('bus_queue_messages', 'Messages that wait in mailboxes, or for room there.');
  const age = gauge('bus_queue_age_seconds', 'How long ago the oldest waiting message was sent.');
  const running = gauge('bus_handlers_running', 'Handlers that have not settled.');
  for (const { labels, outcomes: own, presence } of all) {
    const shown = labelsOf(labels);
    for (const [outcome, count] of own.counted()) ended(count, { ...shown, outcome });
    endpoints(presence.endpoints, shown);
    if (presence.endpoints === 0) continue;
    queued(presence.queued, shown);
    age(presence.queuedAge, shown);
    running(presence.running, shown);
  }
  const timed = (which: (series: Series) => Histogram): Distribution[] =>
    all
      .filter((series) => which(series).count > 0)
      .map((series) => [labelsOf(series.labels), which(series)]);
  scrape.histogram(
    'bus_handler_duration_seconds',
    'How long handlers ran, as far as runs were timed.',
    timed((series) => series.duration),
  );
  scrape.histogram(
    'bus_message_latency_seconds',
    'From send to outcome, as far as runs were timed.',
    timed((series) => series.latency),
  );
}

/** A label that is empty is one that is not there. */
function labelsOf({ pattern, name, kind, bus }: SeriesLabels): Labels {
  return {
    topic: pattern,
    ...(name === undefined ? {} : { endpoint: name }),
    ...(kind === 'remote' ? { peer: bus } : {}),
  };
}
