import { HealthHandlers, healthTopics } from './health-handlers.ts';
import { HealthTraffic } from './health-traffic.ts';
import type { Journal } from './journal.ts';
import type { Station } from './station.ts';
import type { Trouble, Weather } from './trouble.ts';
import type { World } from './world.ts';

/** How often, and for how long, what was taken for broken is tried when all works again. */
const probeEveryMs = 100;
const probeFromMs = 500;
const probeUntilMs = 3500;

/** What happens in a run that matters to the health of stations. */
export class HealthScenario {
  readonly #world: World;
  readonly #stations: readonly Station[];
  readonly #trouble: Trouble;
  readonly #weather: Weather;
  readonly #handlers: HealthHandlers;
  readonly #traffic: HealthTraffic;

  constructor(
    world: World,
    journal: Journal,
    stations: readonly Station[],
    trouble: Trouble,
    weather: Weather,
  ) {
    this.#world = world;
    this.#stations = stations;
    this.#trouble = trouble;
    this.#weather = weather;
    this.#handlers = new HealthHandlers(world, journal);
    this.#traffic = new HealthTraffic(world, journal, this.#handlers, weather === 'lossy');
  }

  /** @param plan - has some station, at some time, do something. */
  begin(plan: (act: (station: Station) => void) => void): void {
    const { random } = this.#world;
    for (const station of this.#stations) {
      for (const topic of healthTopics) if (random.chance(0.5)) this.#handlers.add(station, topic);
    }
    const planWatched = (act: (station: Station) => void): void =>
      plan((station) => {
        if (station.health !== undefined) act(station);
      });
    for (let i = random.pick([0, 20, 40]); i > 0; i--)
      planWatched((station) => this.#traffic.some(station));
    for (let i = random.whole(0, 2); i > 0; i--) planWatched((station) => this.#race(station));
    if (this.#weather === 'calm') return;
    for (let i = random.whole(0, 2); i > 0; i--)
      planWatched((station) => this.#loseAnswers(station));
  }

  /** Nothing fails any more: what was taken for broken is tried until it is known. */
  probeAll(): void {
    this.#handlers.cured = true;
    for (let ms = probeFromMs; ms < probeUntilMs; ms += probeEveryMs) {
      this.#later(ms, () => {
        for (const station of this.#stations)
          if (station.state === 'up') this.#traffic.probe(station);
      });
    }
  }

  #race(station: Station): void {
    const owner = this.#world.random.pick([station, ...this.#stations]);
    if (owner.state === 'up') this.#traffic.race(station, owner);
  }

  /** Whoever has its requests is lost. */
  #loseAnswers(station: Station): void {
    for (let i = 0; i < 5; i++) this.#traffic.askTwice(station);
    this.#later(this.#world.random.next() * 20, () => this.#trouble.loseNeighbour(station));
  }

  #later(ms: number, run: () => void): void {
    this.#world.at(this.#world.now + ms, run);
  }
}
