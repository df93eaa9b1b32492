/** One line of figures. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)$/;
const labelPair = /^([a-zA-Z_]\w*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/;
const numberText = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|Nan)$/i;

/**
 * Reads the text format of Prometheus, version 0.0.4, as strictly as its specification allows: a
 * family in one piece, each series once, histograms cumulative and complete.
 */
export function parse(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end');
  const families = new Map<string, { help: string; type: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current = '';
  let help = '';
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is in two pieces`);
      current = name;
      help = rest;
    } else if (kind === 'TYPE') {
      if (name !== current) throw new Error(`${name} has its type elsewhere`);
      families.set(name, { help, type: rest, samples: [] });
    } else {
      const sample = parseSample(line);
      const family = families.get(current);
      const suffix = sample.name.slice(current.length);
      const allowed = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (family === undefined || !sample.name.startsWith(current) || !allowed.includes(suffix)) {
        throw new Error(`${line} is not of ${current}`);
      }
      const identity = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(identity)) throw new Error(`${line} is there twice`);
      seen.add(identity);
      family.samples.push(sample);
    }
  }
  for (const [name, { type, samples }] of families) check(name, type, samples);
  return families;
}

function parseSample(line: string): Sample {
  const [, name, labelText = '', value] = sampleLine.exec(line) ?? [];
  if (name === undefined || value === undefined || !numberText.test(value)) {
    throw new Error(`not a sample: ${line}`);
  }
  const labels: Record<string, string> = {};
  let left = labelText;
  while (left !== '') {
    const [whole, label, escaped] = labelPair.exec(left) ?? [];
    if (whole === undefined || label === undefined || escaped === undefined) {
      throw new Error(`not labels: ${line}`);
    }
    labels[label] = escaped.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter));
    left = left.slice(whole.length);
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function check(name: string, type: string, samples: readonly Sample[]): void {
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`${name} lacks _total`);
  if (type !== 'counter' && name.endsWith('_total')) throw new Error(`${name} is no counter`);
  if (type !== 'histogram') return;
  let before = 0;
  let bound = Number.NEGATIVE_INFINITY;
  for (const { name: sampleName, labels, value } of samples) {
    if (sampleName === `${name}_bucket`) {
      const le = Number(labels.le?.replace('Inf', 'Infinity'));
      if (!(le > bound) || value < before) throw new Error(`${name} does not rise`);
      bound = le;
      before = value;
    } else if (sampleName === `${name}_count`) {
      if (bound !== Number.POSITIVE_INFINITY || value !== before) throw new Error(`${name} ends`);
      before = 0;
      bound = Number.NEGATIVE_INFINITY;
    }
  }
}
