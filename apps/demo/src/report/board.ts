import type { WorkspaceBus } from '../assembly.ts';
import type { Figures, ModuleHealth, State } from '../contract.ts';
import { answerOrchestrator } from '../modules/module.ts';
import { integer } from './format.ts';

const newsKept = 4;

interface News {
  readonly atMs: number;
  readonly text: string;
}

/** What the reports show of the running program, heard over the bus like by any module. */
export class Board {
  readonly #began = performance.now();
  figures: Figures | undefined;
  state: State = 'idle';
  health: readonly ModuleHealth[] = [];
  /** The newest last. */
  readonly news: News[] = [];
  /** How often each state was entered, the first included. */
  readonly states: Record<State, number> = { idle: 1, active: 0, overloaded: 0 };

  constructor(bus: WorkspaceBus) {
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
    answerOrchestrator(bus, 'board', { note: () => `state ${this.state}` });
  }

  get elapsedMs(): number {
    return performance.now() - this.#began;
  }

  #tell(text: string): void {
    this.news.push({ atMs: this.elapsedMs, text });
    if (this.news.length > newsKept) this.news.shift();
  }
}
