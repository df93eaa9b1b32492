import type { BusState } from './bus.ts';
import type { Env } from './env.ts';
import type { Message } from './envelope.ts';
import { type BusError, busError } from './errors.ts';

/** The state of one bus, and what may be done in it. */
export class Gate {
  state: BusState = 'idle';
  /** Whether messages may be sent. */
  open = false;
  readonly #busId: string;
  readonly #env: Env;

  constructor(busId: string, env: Env) {
    this.#busId = busId;
    this.#env = env;
  }

  /** @throws BUS_ALREADY_STARTED, BUS_CLOSED */
  beforeStart(action: string): void {
    this.beforeStop();
    if (this.state === 'idle') return;
    throw busError(
      'BUS_ALREADY_STARTED',
      `the bus '${this.#busId}' has started, which is too late for ${action}`,
      { action },
    );
  }

  /** @throws BUS_CLOSED */
  beforeStop(): void {
    if (this.state === 'stopping' || this.state === 'stopped') throw closed(this.state);
  }

  /** @throws BUS_NOT_STARTED, BUS_CLOSED */
  beforeSend(topic: string, parent?: Message): void {
    if (this.open) return;
    const { state } = this;
    if (state === 'idle') {
      const text = `'${topic}' was sent before bus.start()`;
      throw busError('BUS_NOT_STARTED', text, { state, topic });
    }
    // A handler that is allowed to finish needs its own requests answered.
    const cause = parent ?? this.#env.context?.get();
    if (state !== 'stopping' || cause === undefined) throw closed(state, topic);
  }
}

/** The error of what comes too late, such as a message on `topic`. */
export function closed(state: BusState, topic?: string): BusError {
  if (topic === undefined) return busError('BUS_CLOSED', `the bus is ${state}`, { state });
  const text = `'${topic}' was sent, but the bus is ${state}`;
  return busError('BUS_CLOSED', text, { state, topic });
}
