import type { State } from '../contract/windows.ts';
import { byId, show } from './elements.ts';

const keptWindows = 120;

export function showState(state: State): void {
  show('state', state);
  byId('state').dataset.state = state;
}

/** The states of the newest windows, a bar for each. */
export class StateStrip {
  readonly #states: State[] = [];
  readonly #bars: HTMLElement[] = [];

  constructor() {
    for (let i = 0; i < keptWindows; i++) this.#bars.push(document.createElement('i'));
    byId('strip').append(...this.#bars);
  }

  add(state: State): void {
    this.#states.push(state);
    if (this.#states.length > keptWindows) this.#states.shift();
    const empty = keptWindows - this.#states.length;
    for (const [at, bar] of this.#bars.entries()) {
      bar.dataset.state = this.#states[at - empty] ?? '';
    }
    byId('strip').setAttribute('aria-label', this.#told());
  }

  #told(): string {
    const times = (state: State): string =>
      `${this.#states.filter((other) => other === state).length} ${state}`;
    return `of ${this.#states.length} windows ${times('idle')}, ${times('active')}, ${times('overloaded')}`;
  }
}
