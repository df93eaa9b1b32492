import type { Faults } from '@bus/testkit';
import type { Journal } from './journal.ts';
import type { Network, Wire } from './network.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

/** What may go wrong in a run. `calm`: nothing. `lossy`: also what no ordered transport does. */
export type Weather = 'calm' | 'rough' | 'lossy';

/** Makes faults of all kinds, and mends them. */
export class Trouble {
  readonly #world: World;
  readonly #journal: Journal;
  readonly #network: Network;
  readonly #stations: readonly Station[];
  readonly #weather: Weather;

  constructor(
    world: World,
    journal: Journal,
    network: Network,
    stations: readonly Station[],
    weather: Weather,
  ) {
    this.#world = world;
    this.#journal = journal;
    this.#network = network;
    this.#stations = stations;
    this.#weather = weather;
  }

  /** What links are like from the start: slow, and cut into pieces. */
  begin(): void {
    for (const wire of this.#network.wires) wire.transport.change(this.#delays(wire));
  }

  some(): void {
    const { random } = this.#world;
    const wire = random.pick(this.#network.wires);
    const station = random.pick(this.#stations);
    const dice = random.next();
    if (dice < 0.15) this.#change(wire, this.#delays(wire), 'changes');
    else if (dice < 0.3) this.#partition(wire);
    else if (dice < 0.45) this.#kill(wire);
    else if (dice < 0.55) this.#halfOpen(wire);
    else if (dice < 0.75) this.#stall(station);
    else if (dice < 0.85) this.#crash(station);
    else if (dice < 0.93) this.#stop(station);
    else if (dice < 0.97) this.#setClock(station);
    if (this.#weather === 'lossy')
      this.#change(random.pick(this.#network.wires), this.#losses(), 'loses');
  }

  /** Takes away whoever may just have a request of this station. */
  loseNeighbour(station: Station): void {
    const { random } = this.#world;
    const wire = random.pick(station.wires);
    const peer = wire.listens === station.index ? wire.connects : wire.listens;
    const neighbour = this.#stations[peer];
    if (random.chance(0.5) || neighbour === undefined) this.#kill(wire);
    else this.#crash(neighbour);
  }

  /** Nothing goes wrong any more; what went wrong mends itself from here. */
  end(): void {
    for (const { transport } of this.#network.wires) {
      transport.heal();
      transport.change({});
      if (this.#weather === 'lossy') transport.kill();
    }
    for (const station of this.#stations) this.revive(station);
  }

  revive(station: Station): void {
    if (station.state === 'down') station.start();
  }

  #change(wire: Wire, faults: Faults, how: string): void {
    this.#journal.note(nameOf(wire), `${how} ${JSON.stringify(faults)}`);
    wire.transport.change(faults);
  }

  #delays({ transport }: Wire): Faults {
    const { random } = this.#world;
    const least = random.pick([0, 0, 1, 10]);
    const isStream = transport.features.framing === 'stream';
    return {
      delayMs: random.chance(0.4) ? undefined : [least, least + random.pick([0, 1, 20])],
      split: isStream ? random.pick([0, 0.1, 0.9]) : 0,
      coalesce: isStream ? random.pick([0, 0.3]) : 0,
    };
  }

  #losses(): Faults {
    const { random } = this.#world;
    const share = random.pick([0.01, 0.1, 0.3]);
    const fault = random.pick(['loss', 'duplication', 'reorder'] as const);
    return { [fault]: share, delayMs: [0, 5] };
  }

  #partition(wire: Wire): void {
    const { random } = this.#world;
    const direction = random.pick(['out', 'in', 'both'] as const);
    const ms = random.pick([20, 100, 400, 900]);
    this.#journal.note(nameOf(wire), `partition ${direction} for ${ms} ms`);
    wire.transport.partition(direction);
    this.#later(ms, () => {
      this.#journal.note(nameOf(wire), 'heals');
      wire.transport.heal();
    });
  }

  #kill(wire: Wire): void {
    this.#journal.note(nameOf(wire), 'is killed');
    wire.cut = true;
    wire.transport.kill();
  }

  #halfOpen(wire: Wire): void {
    this.#journal.note(nameOf(wire), 'is half open');
    wire.cut = true;
    wire.transport.halfOpen();
  }

  #stall(station: Station): void {
    const ms = this.#world.random.pick([5, 50, 300, 700]);
    this.#journal.note(station.id, `stalls for ${ms} ms`);
    station.stalledUntil = Math.max(station.stalledUntil, this.#world.now + ms);
    station.machine.stall(ms);
    this.#journal.excuse(station.publisher, ms);
  }

  #setClock(station: Station): void {
    const ms = this.#world.random.pick([-3_600_000, -50, 50, 3_600_000]);
    this.#journal.note(station.id, `its clock is set by ${ms} ms`);
    station.machine.setClock(ms);
  }

  #crash(station: Station): void {
    if (station.state !== 'up') return;
    station.crash(this.#world.random.chance(0.3));
    this.#later(this.#world.random.pick([1, 50, 300]), () => this.revive(station));
  }

  #stop(station: Station): void {
    if (station.state !== 'up') return;
    station.stop(this.#world.random.pick([0, 50, 500]));
    this.#later(this.#world.random.pick([600, 800]), () => this.revive(station));
  }

  #later(ms: number, run: () => void): void {
    this.#world.at(this.#world.now + ms, run);
  }
}

function nameOf({ listens, connects }: Wire): string {
  return `b${connects}-b${listens}`;
}
