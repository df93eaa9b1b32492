import type { Measurement } from '@bus/core';
import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';

/** Instruments for what other plugins measure, made when a measurement is first seen. */
export class MeasuredInstruments {
  readonly #meter: Meter;
  readonly #measure: () => readonly Measurement[];
  readonly #known = new Set<string>();
  readonly #stops: (() => void)[] = [];

  constructor(meter: Meter, measure: () => readonly Measurement[]) {
    this.#meter = meter;
    this.#measure = measure;
  }

  /** Makes instruments for measurements not seen before; they are observed from the next time on. */
  meet(measurements: readonly Measurement[]): void {
    const found = new Map<string, Observable>();
    for (const measurement of measurements) {
      const { name } = measurement;
      if (this.#known.has(name)) continue;
      this.#known.add(name);
      found.set(name, this.#instrument(measurement));
    }
    if (found.size > 0) this.#observe(found);
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #instrument({ name, help, kind }: Measurement): Observable {
    const options = { description: help };
    return kind === 'counter'
      ? this.#meter.createObservableCounter(`bus.${name}`, options)
      : this.#meter.createObservableGauge(`bus.${name}`, options);
  }

  #observe(instruments: ReadonlyMap<string, Observable>): void {
    const observe = (result: BatchObservableResult): void => {
      for (const { name, value, labels } of this.#measure()) {
        const instrument = instruments.get(name);
        if (instrument === undefined || !Number.isFinite(value)) continue;
        result.observe(instrument, value, labels);
      }
    };
    const observed = [...instruments.values()];
    this.#meter.addBatchObservableCallback(observe, observed);
    this.#stops.push(() => this.#meter.removeBatchObservableCallback(observe, observed));
  }
}
