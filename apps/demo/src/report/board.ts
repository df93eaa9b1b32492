import type { Bus } from '@bus/core';
import type { HealthState } from '@bus/health';
import type { PubSub } from '@bus/pubsub';
import type { Deliveries } from '../contract/deliveries.ts';
import type { FaultReport } from '../contract/faults.ts';
import type { Figures } from '../contract/figures.ts';
import type { HealthChange, ModuleHealth } from '../contract/health.ts';
import type { LinkState, ProcessState } from '../contract/processes.ts';
import type { State } from '../contract/windows.ts';
import type { Workspace } from '../contract.ts';
import { duration, integer } from './format.ts';

const newsKept = 6;
const changesKept = 50;

/** How the hub's view of its peers and endpoints changed. */
export interface HealthHistory {
  /** How often a peer came into each state. */
  readonly peers: Readonly<Record<HealthState, number>>;
  /** The same of endpoints: `down` is a breaker that opened. */
  readonly endpoints: Readonly<Record<HealthState, number>>;
  /** The newest changes, the newest last. */
  readonly changes: readonly (HealthChange & { readonly atMs: number })[];
}

interface News {
  readonly atMs: number;
  readonly text: string;
}

/**
 * What the reports show of the running program, heard over the bus like by any module: in the program
 * itself for the terminal, and in a browser for the page.
 */
export class Board {
  #began = performance.now();
  figures: Figures | undefined;
  state: State = 'idle';
  health: readonly ModuleHealth[] = [];
  processes: readonly ProcessState[] = [];
  links: readonly LinkState[] = [];
  faults: readonly FaultReport[] = [];
  deliveries: Deliveries | undefined;
  /** The newest last. */
  readonly news: News[] = [];
  readonly #entered = { peer: noneEntered(), endpoint: noneEntered() };
  readonly #changes: (HealthChange & { readonly atMs: number })[] = [];
  /** How often each state was entered, the first included. */
  readonly states: Record<State, number> = { idle: 1, active: 0, overloaded: 0 };

  constructor(bus: Bus<Workspace, PubSub>) {
    bus.subscribe(
      'meter.figures',
      ({ payload }) => {
        this.figures = payload;
      },
      { name: 'board.figures', mode: 'latest' },
    );
    bus.subscribe(
      'system.health',
      ({ payload }) => {
        this.health = payload.modules;
      },
      { name: 'board.health' },
    );
    bus.subscribe('state.changed', ({ payload: { from, to, because } }) => {
      this.state = to;
      this.states[to]++;
      this.#tell(`${from} → ${to}: ${because}`);
    });
    bus.subscribe('advice.given', ({ payload: { action, eventsPerSecond } }) => {
      this.#tell(`advisor: ${action} to ${integer(eventsPerSecond)} events/s, done`);
    });
    bus.subscribe(
      'system.processes',
      ({ payload }) => {
        this.processes = payload.processes;
        this.links = payload.links;
      },
      { name: 'board.processes', mode: 'latest' },
    );
    bus.subscribe('process.lost', ({ payload: { id, reason } }) => {
      this.#tell(`process ${id} is lost: ${reason}`);
    });
    bus.subscribe('process.restarted', ({ payload: { id, pid, tookMs } }) => {
      this.#tell(`process ${id} is back as ${pid}, after ${duration(tookMs)}`);
    });
    bus.subscribe('health.changed', ({ payload }) => this.#healthChanged(payload));
    bus.subscribe('dead-letter.kept', ({ payload: { by, topic, attempts } }) => {
      this.#tell(`${by} gave up a message of ${topic} after ${attempts} attempts: a dead letter`);
    });
    bus.subscribe('dead-letter.replayed', ({ payload: { by, replayed } }) => {
      this.#tell(`${by} replayed ${replayed} of its dead letters, with success`);
    });
    bus.subscribe(
      'chaos.faults',
      ({ payload }) => {
        this.faults = payload.faults;
      },
      { name: 'board.faults', mode: 'latest' },
    );
    bus.subscribe(
      'system.deliveries',
      ({ payload }) => {
        this.deliveries = payload;
      },
      { name: 'board.deliveries', mode: 'latest' },
    );
  }

  /** Counts the time from now on. */
  begin(): void {
    this.#began = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#began;
  }

  /** Until now. */
  get history(): HealthHistory {
    const { peer, endpoint } = this.#entered;
    return { peers: { ...peer }, endpoints: { ...endpoint }, changes: [...this.#changes] };
  }

  #healthChanged(change: HealthChange): void {
    this.#entered[change.kind][change.to]++;
    this.#changes.push({ ...change, atMs: this.elapsedMs });
    if (this.#changes.length > changesKept) this.#changes.shift();
    if (change.kind === 'peer' && change.to === 'down') {
      this.#tell(`${change.name} is down: ${change.reason}`);
    }
  }

  #tell(text: string): void {
    this.news.push({ atMs: this.elapsedMs, text });
    if (this.news.length > newsKept) this.news.shift();
  }
}

function noneEntered(): Record<HealthState, number> {
  return { healthy: 0, suspect: 0, down: 0, recovering: 0 };
}
