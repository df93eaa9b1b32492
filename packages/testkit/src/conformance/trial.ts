import type { Timer } from '@bus/core';
import { platformEnv } from '@bus/core';
import type { TransportFeatures } from '@bus/wire';
import type { CountedEnv } from './counted-env.ts';
import { countedEnv } from './counted-env.ts';
import { End } from './end.ts';
import type { Fixture, TransportEnd } from './fixture.ts';
import { Patience } from './patience.ts';
import type { RecordedConnection } from './recorded-connection.ts';

/** How many milliseconds a transport that has failed a case may take to close. */
const closeMs = 200;

/** Both ends of one connection. */
export interface Ends {
  readonly left: RecordedConnection;
  readonly right: RecordedConnection;
}

/** Makes a fresh link, tries something on it, and lets go of it. */
export type OnFreshLink = (use: (trial: Trial) => Promise<void>) => Promise<void>;

/** A fresh link and all a case needs to try it. */
export class Trial {
  readonly fixture: Fixture;
  readonly env: CountedEnv;
  readonly patience: Patience;
  readonly left: End;
  readonly right: End;
  /** Pending while {@link onAnother} runs: the clock of this link then stands still. */
  elsewhere: Promise<unknown> = Promise.resolve();
  readonly #onFresh: OnFreshLink;
  readonly #ends: End[];

  constructor(fixture: Fixture, timeoutMs: number, onFresh: OnFreshLink) {
    this.fixture = fixture;
    this.#onFresh = onFresh;
    this.env = countedEnv(fixture.env ?? platformEnv());
    this.patience = new Patience(this.env, timeoutMs);
    this.left = new End('left', fixture.left, this.env, this.patience);
    this.right = new End('right', fixture.right, this.env, this.patience);
    this.#ends = [this.left, this.right];
  }

  get features(): TransportFeatures {
    return this.left.transport.features;
  }

  /** The end that listens, and the one that connects to it; undefined where both connect. */
  get sides(): { readonly listener: End; readonly connector: End } | undefined {
    const { left, right } = this;
    if (left.transport.role === 'listen') return { listener: left, connector: right };
    if (right.transport.role === 'listen') return { listener: right, connector: left };
    return undefined;
  }

  /** Opens both ends, the one that listens first, and waits until they are connected. */
  async open(): Promise<Ends> {
    const { left, right, sides } = this;
    if (sides === undefined) await Promise.all([left.open(), right.open()]);
    else {
      await sides.listener.open();
      await sides.connector.open();
    }
    return this.connected(1);
  }

  /** The connections of the `count`th session. */
  async connected(count: number): Promise<Ends> {
    return {
      left: await this.left.connection(count),
      right: await this.right.connection(count),
    };
  }

  /** One more end that connects to the one that listens. */
  async another(): Promise<End> {
    const { another } = this.fixture;
    if (another === undefined) {
      throw new Error('one end listens, so `create` must return `another`: one more that connects');
    }
    const made: TransportEnd = await another.call(this.fixture);
    const end = new End(`another ${this.#ends.length - 1}`, made, this.env, this.patience);
    this.#ends.push(end);
    return end;
  }

  /** Breaks the connection as hard as the fixture can. */
  async cut(ends: Ends): Promise<void> {
    if (this.fixture.sever === undefined) ends.left.connection.close();
    else await this.fixture.sever();
  }

  async heal(): Promise<void> {
    await this.fixture.heal?.();
  }

  /** Tries something on another link, which nothing has touched. */
  async onAnother(use: (trial: Trial) => Promise<void>): Promise<void> {
    this.patience.end();
    const used = this.#onFresh(use);
    this.elsewhere = used.catch(() => undefined);
    await used;
    this.patience.begin();
  }

  /** Lets go of everything, also after a failure. */
  async dispose(): Promise<void> {
    this.patience.end();
    let timer: Timer;
    const given = new Promise<void>((resolve) => {
      timer = this.env.setTimer(resolve, closeMs);
    });
    try {
      const closing = this.#ends.map((end) => end.transport.close());
      await Promise.race([Promise.allSettled(closing), given]);
    } finally {
      this.env.clearTimer(timer);
      await this.fixture.dispose();
    }
  }
}
