import type { Measurement } from '@bus/core';

/** The measurements of one name. */
export interface ExposedMeasurement {
  readonly name: string;
  readonly help: string;
  readonly kind: Measurement['kind'];
  readonly labelNames: readonly string[];
  readonly samples: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string>>;
  }[];
}

/** What other plugins measure, by the name that Prometheus shows it under. */
export function exposedMeasurements({
  measurements,
}: {
  readonly measurements: readonly Measurement[];
}): ExposedMeasurement[] {
  const byName = new Map<string, Measurement[]>();
  for (const measurement of measurements) {
    // One plugin's slip must not cost the figures of all the others.
    if (!isFit(measurement)) continue;
    const name = nameOf(measurement);
    const before = byName.get(name);
    if (before === undefined) byName.set(name, [measurement]);
    else if (before[0]?.kind === measurement.kind) before.push(measurement);
  }
  return [...byName].map(([name, all]) => exposed(name, all));
}

function exposed(name: string, all: readonly Measurement[]): ExposedMeasurement {
  const samples = all.map(({ value, labels = {} }) => {
    const shown = Object.entries(labels).map(([label, text]) => [wordOf(label), text]);
    return { value, labels: Object.fromEntries(shown) };
  });
  const labelNames = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
  const { help = '', kind = 'gauge' } = all[0] ?? {};
  return { name, help, kind, labelNames: [...labelNames], samples };
}

function isFit({ kind, value }: Measurement): boolean {
  return Number.isFinite(value) && (kind === 'gauge' || value >= 0);
}

function nameOf({ name, kind }: Measurement): string {
  const shown = `bus_${wordOf(name)}`;
  return kind === 'gauge' || shown.endsWith('_total') ? shown : `${shown}_total`;
}

function wordOf(text: string): string {
  return text.replace(/\W/g, '_');
}
