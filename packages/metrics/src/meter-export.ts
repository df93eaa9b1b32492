import type { Host, MessageKind, Outcome } from '@bus/core';
import type {
  Attributes,
  BatchObservableResult,
  Meter,
  Observable,
  ObservableCounter,
  ObservableGauge,
} from '@opentelemetry/api';
import type { Figures } from './figures.ts';
import { MeasuredInstruments } from './measured-instruments.ts';
import type { RunObserver } from './recorder.ts';
import { endpointAttributes, processAttributes, system } from './semantic-attributes.ts';
import type { Series } from './series.ts';
import { outcomes } from './tally.ts';

/** As the conventions advise, in seconds. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** How messages end that a handler was given. */
const consumed: readonly Outcome[] = ['handled', 'failed', 'expired', 'dead-lettered'];
const sends: readonly (readonly [kind: MessageKind, operation: string])[] = [
  ['event', 'publish'],
  ['notification', 'notify'],
  ['request', 'request'],
];

/**
 * Exports by a meter of OpenTelemetry: under the names of the semantic conventions for messaging what
 * they have names for, the rest under `bus.`. Figures are read when the meter's reader collects; only
 * durations of runs that are timed are recorded as they happen, since no histogram can be observed.
 */
export class MeterExport {
  readonly #meter: Meter;
  readonly #read: () => Figures;
  readonly #sent: Record<MessageKind, number> = {
    event: 0,
    notification: 0,
    request: 0,
    response: 0,
  };
  readonly #processed = new WeakMap<Series, Map<Outcome, Attributes>>();
  readonly #measured: MeasuredInstruments;
  #stopObserving: (() => void) | undefined;
  /** To be told of each run that is timed. */
  readonly ran: RunObserver;

  constructor(meter: Meter, host: Host, read: () => Figures) {
    this.#meter = meter;
    this.#read = read;
    this.#measured = new MeasuredInstruments(meter, () => host.measurements());
    const duration = meter.createHistogram('messaging.process.duration', {
      unit: 's',
      description: 'Duration of processing operation.',
      advice: { explicitBucketBoundaries: boundaries },
    });
    this.ran = (series, outcome, durationMs) => {
      if (series.labels.kind === 'remote') return;
      duration.record(durationMs / 1000, this.#processedAs(series, outcome));
    };
  }

  /** Counts what is sent, and is there to be collected from start to stop. */
  follow({ hooks }: Host): void {
    hooks.outbound.tap(
      (message) => {
        this.#sent[message.kind]++;
        return message;
      },
      // What another tap drops has not been sent.
      { order: 'last' },
    );
    hooks.start.tap(() => this.#start());
    hooks.stop.tap(() => this.#stopObserving?.());
  }

  #start(): void {
    const meter = this.#meter;
    const instruments = instrumentsOf(meter);
    const observed: Observable[] = Object.values(instruments);
    const observe = (result: BatchObservableResult): void => this.#observe(result, instruments);
    meter.addBatchObservableCallback(observe, observed);
    this.#measured.meet(this.#read().measurements);
    this.#stopObserving = () => {
      meter.removeBatchObservableCallback(observe, observed);
      this.#measured.stop();
    };
  }

  #observe(result: BatchObservableResult, to: Instruments): void {
    const figures = this.#read();
    for (const [kind, operation] of sends) {
      const attributes = { ...system, 'messaging.operation.name': operation };
      result.observe(to.sent, this.#sent[kind], attributes);
    }
    for (const outcome of outcomes) {
      result.observe(to.ended, figures.outcomes[outcome], { ...system, 'bus.outcome': outcome });
    }
    result.observe(to.lag, figures.lagMs / 1000);
    for (const series of figures.series) this.#observeSeries(result, to, series);
    this.#measured.meet(figures.measurements);
  }

  #observeSeries(result: BatchObservableResult, to: Instruments, series: Series): void {
    const { presence, labels, outcomes: own } = series;
    const about = endpointAttributes(series);
    for (const [outcome, count] of own.counted()) {
      result.observe(to.endedAtEndpoint, count, { ...about, 'bus.outcome': outcome });
      if (labels.kind === 'local' && consumed.includes(outcome)) {
        result.observe(to.consumed, count, this.#processedAs(series, outcome));
      }
    }
    if (presence.endpoints === 0) return;
    result.observe(to.queued, presence.queued, about);
    result.observe(to.age, presence.queuedAge, about);
    result.observe(to.running, presence.running, about);
  }

  /** Made once for each: a run that is timed is to make no object. */
  #processedAs(series: Series, outcome: Outcome): Attributes {
    let byOutcome = this.#processed.get(series);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#processed.set(series, byOutcome);
    }
    let attributes = byOutcome.get(outcome);
    if (attributes === undefined) {
      attributes = processAttributes(series, outcome);
      byOutcome.set(outcome, attributes);
    }
    return attributes;
  }
}

interface Instruments {
  readonly sent: ObservableCounter;
  readonly consumed: ObservableCounter;
  readonly ended: ObservableCounter;
  readonly endedAtEndpoint: ObservableCounter;
  readonly queued: ObservableGauge;
  readonly age: ObservableGauge;
  readonly running: ObservableGauge;
  readonly lag: ObservableGauge;
}

function instrumentsOf(meter: Meter): Instruments {
  const counter = (name: string, description: string): ObservableCounter =>
    meter.createObservableCounter(name, { unit: '{message}', description });
  const gauge = (name: string, unit: string, description: string): ObservableGauge =>
    meter.createObservableGauge(name, { unit, description });
  return {
    sent: counter(
      'messaging.client.sent.messages',
      'Number of messages producer attempted to send to the broker.',
    ),
    consumed: counter(
      'messaging.client.consumed.messages',
      'Number of messages that were delivered to the application.',
    ),
    ended: counter('bus.messages', 'Messages that ended, once for each target, by how.'),
    endedAtEndpoint: counter(
      'bus.endpoint.messages',
      'Messages that ended at the endpoints of a topic template, by how.',
    ),
    queued: gauge('bus.queue.messages', '{message}', 'Messages that wait.'),
    age: gauge('bus.queue.age', 's', 'How long ago the oldest waiting message was sent.'),
    running: gauge('bus.handlers.running', '{handler}', 'Handlers that have not settled.'),
    lag: gauge('bus.loop.lag', 's', 'How late the event loop is.'),
  };
}
