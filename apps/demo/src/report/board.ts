import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type {
  Figures,
  LinkState,
  ModuleHealth,
  ProcessState,
  State,
  Workspace,
} from '../contract.ts';
import { integer } from './format.ts';

const newsKept = 6;

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
  /** The newest last. */
  readonly news: News[] = [];
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
  }

  /** Counts the time from now on. */
  begin(): void {
    this.#began = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#began;
  }

  #tell(text: string): void {
    this.news.push({ atMs: this.elapsedMs, text });
    if (this.news.length > newsKept) this.news.shift();
  }
}
