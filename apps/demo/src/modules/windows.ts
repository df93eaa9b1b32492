import type { Batch } from '../contract/readings.ts';
import type { RawEvent } from '../contract.ts';

type Collected = {
  -readonly [K in keyof Batch]: Batch[K] extends readonly (infer E)[] ? E[] : Batch[K];
};

/**
 * Collects raw events into windows of equal length. The events' own times close a window, so the
 * same events always give the same batches.
 */
export class Windows {
  readonly #lengthMs: number;
  #open: Collected | undefined;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** Returns the batch that this event's time has closed, if it has. */
  add(event: RawEvent): Batch | undefined {
    const { at } = event.payload;
    const closed = this.#open !== undefined && at >= this.#open.to ? this.flush() : undefined;
    this.#open ??= this.#openAt(at);
    collect(this.#open, event);
    return closed;
  }

  /** Closes the window before its time. */
  flush(): Batch | undefined {
    const closed = this.#open;
    this.#open = undefined;
    return closed;
  }

  #openAt(at: number): Collected {
    const from = at - (at % this.#lengthMs);
    const to = from + this.#lengthMs;
    // Of its time, so that whoever begins anew goes on counting where another has stopped.
    const index = Math.floor(from / this.#lengthMs);
    return { index, from, to, cpu: [], memory: [], loop: [], host: [], changes: [] };
  }
}

function collect(open: Collected, event: RawEvent): void {
  switch (event.topic) {
    case 'raw.cpu.sample':
      open.cpu.push(event.payload);
      break;
    case 'raw.memory.sample':
      open.memory.push(event.payload);
      break;
    case 'raw.loop.sample':
      open.loop.push(event.payload);
      break;
    case 'raw.host.sample':
      open.host.push(event.payload);
      break;
    case 'raw.fs.changed':
      open.changes.push(event.payload);
  }
}
