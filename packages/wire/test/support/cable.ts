import type { Env } from '@bus/core';
import type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportHost,
} from '../../src/plugin/transport.ts';
import { streamFeatures } from './features.ts';

/** One end of a connection in memory; bytes arrive in a turn of their own. */
class CableEnd implements Connection {
  readonly remote = 'cable';
  readonly local = true;
  readonly #env: Env;
  readonly #cable: Cable;
  far: CableEnd | undefined;
  events: ConnectionEvents | undefined;
  isClosed = false;
  #waiting: Uint8Array[] = [];
  #wasRefused = false;
  readonly #flushed: (() => void)[] = [];

  constructor(env: Env, cable: Cable) {
    this.#env = env;
    this.#cable = cable;
  }

  send(bytes: Uint8Array): boolean {
    if (this.isClosed || this.#cable.isSilent) return true;
    this.#cable.sends++;
    this.#waiting.push(bytes.slice());
    this.#env.setTurn(() => this.pump());
    if (this.#cable.isStalled) this.#wasRefused = true;
    return !this.#cable.isStalled;
  }

  pump(): void {
    if (this.#cable.isStalled) return;
    for (const bytes of this.#waiting.splice(0)) {
      if (this.far?.isClosed === false && !this.#cable.isSilent) this.far.events?.receive(bytes);
    }
    this.#settleFlushes();
    if (!this.#wasRefused) return;
    this.#wasRefused = false;
    this.events?.writable();
  }

  flush(): Promise<void> {
    if (this.#waiting.length === 0 || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** The far end hears of it after all that was sent. */
  close(): void {
    if (this.isClosed) return;
    this.end();
    this.#env.setTurn(() => {
      if (!this.#cable.isSilent) this.far?.end();
    });
  }

  /** Loses what was sent. */
  cut(): void {
    this.#waiting = [];
    this.end();
    if (!this.#cable.isSilent) this.far?.end();
  }

  #settleFlushes(): void {
    for (const resolve of this.#flushed.splice(0)) resolve();
  }

  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#settleFlushes();
    this.#env.setTurn(() => this.events?.closed());
  }
}

/** A link in memory that a test can cut, stall and silence. */
export class Cable {
  /** Nothing moves, and senders are asked to pause. */
  isStalled = false;
  /** Everything is lost, and nobody is told. */
  isSilent = false;
  /** Connecting fails. */
  isUnplugged = false;
  /** Pieces of bytes given to it. */
  sends = 0;
  /** How often somebody tried to connect, and when. */
  readonly dials: number[] = [];
  readonly #env: Env;
  #host: TransportHost | undefined;
  #ends: CableEnd[] = [];

  constructor(env: Env) {
    this.#env = env;
  }

  /** Ends every connection; both sides are told. */
  cut(): void {
    for (const end of this.#ends.splice(0)) end.cut();
  }

  /** What was held goes on. */
  flow(): void {
    this.isStalled = false;
    for (const end of this.#ends) this.#env.setTurn(() => end.pump());
  }

  readonly listener: Transport = {
    name: 'cable',
    address: 'cable',
    role: 'listen',
    features: streamFeatures,
    open: async (host) => {
      this.#host = host;
    },
    close: async () => {
      this.#host = undefined;
      this.cut();
    },
  };

  readonly connector: Transport = this.another();

  another(): Transport {
    let own: CableEnd | undefined;
    return {
      name: 'cable',
      address: 'cable',
      role: 'connect',
      features: streamFeatures,
      open: async (host) => {
        this.dials.push(this.#env.now());
        const listening = this.#host;
        if (listening === undefined || this.isUnplugged) throw new Error('nobody listens');
        const near = new CableEnd(this.#env, this);
        const far = new CableEnd(this.#env, this);
        near.far = far;
        far.far = near;
        own = near;
        this.#ends.push(near, far);
        far.events = listening.connected(far);
        near.events = host.connected(near);
      },
      close: async () => own?.close(),
    };
  }
}
