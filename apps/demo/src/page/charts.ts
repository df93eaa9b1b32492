import uPlot from 'uplot';
import { byId } from './elements.ts';

const shownSeconds = 60;

/** A line of a chart. */
export interface Line {
  readonly label: string;
  /** The name of a colour in page.css. */
  readonly colour: string;
}

/** A chart of the last minute that scrolls as values come in. */
export class Chart {
  readonly #times: number[] = [];
  readonly #values: number[][];
  readonly #plot: uPlot;

  constructor(id: string, lines: readonly Line[]) {
    const place = byId(id);
    this.#values = lines.map(() => []);
    this.#plot = new uPlot(optionsOf(place, lines), this.#data(), place);
    new ResizeObserver(() => this.#plot.setSize(sizeOf(place))).observe(place);
    // Colours are read when the chart is drawn.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.redraw(false);
    });
  }

  add(values: readonly number[]): void {
    const now = Date.now() / 1000;
    this.#times.push(now);
    for (const [at, value] of values.entries()) this.#values[at]?.push(value);
    while ((this.#times[0] ?? now) < now - shownSeconds) {
      this.#times.shift();
      for (const line of this.#values) line.shift();
    }
    this.#plot.setData(this.#data());
  }

  /** Times as seconds from now, so that the axis stands still. */
  #data(): uPlot.AlignedData {
    const now = this.#times.at(-1) ?? 0;
    return [this.#times.map((time) => time - now), ...this.#values];
  }
}

function optionsOf(place: HTMLElement, lines: readonly Line[]): uPlot.Options {
  const axis = {
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    ...sizeOf(place),
    padding: [8, 16, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: false, range: [-shownSeconds, 0] },
      y: { range: (_plot, _least, most) => [0, Math.max(most, 0.001) * 1.1] },
    },
    axes: [
      { ...axis, size: 24, incrs: [15], values: (_plot, at) => at.map(agoOf) },
      { ...axis, size: 48, space: 32 },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: () => colour(line.colour),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}

function agoOf(seconds: number): string {
  return seconds === 0 ? 'now' : `−${-seconds} s`;
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight };
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
}
