import { checkAtEnd, checkFlow, checkLinks, checkReach, isUnderWay } from './checks.ts';
import { Effects } from './effects.ts';
import { Handlers } from './handlers.ts';
import { checkHealth } from './health-checks.ts';
import { HealthScenario } from './health-scenario.ts';
import type { Ask } from './journal.ts';
import { Journal } from './journal.ts';
import type { Listener } from './listeners.ts';
import { Listeners, topics } from './listeners.ts';
import { networkOf } from './network.ts';
import { Flow } from './observer.ts';
import { checkReliable, checkReliableReach } from './reliable-checks.ts';
import { ReliableListeners } from './reliable-listeners.ts';
import { reliableTopics } from './reliable-topics.ts';
import type { Publication } from './reliable-traffic.ts';
import { ReliableTraffic } from './reliable-traffic.ts';
import { Station } from './station.ts';
import { topologyOf } from './topology.ts';
import { Trace } from './trace.ts';
import { Traffic } from './traffic.ts';
import type { Weather } from './trouble.ts';
import { Trouble } from './trouble.ts';
import { World } from './world.ts';

/** How long the buses live with faults, in milliseconds of the run's own clock. */
const stormMs = 1000;
/** After which everything must have mended itself: partitions, detection, backoff, lost subscribers. */
const recoveryMs = 6030;

/** What became of one seed. */
export interface Run {
  readonly seed: number;
  /** Two runs of a seed have the same. */
  readonly hash: string;
  readonly shape: string;
  readonly weather: Weather;
  readonly problems: readonly string[];
  readonly steps: number;
  readonly sent: number;
  readonly delivered: number;
  readonly asked: number;
  /** How often somebody saw an effect of a message. */
  readonly effects: number;
}

/** Runs one seed to its end. @param print - gets the trace. */
export async function simulate(seed: number, print?: (line: string) => void): Promise<Run> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    const run = new Simulation(seed, print);
    await run.all();
    for (const reason of unhandled) run.journal.problem(`unhandled rejection: ${String(reason)}`);
    return run.result(seed);
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
}

class Simulation {
  readonly journal: Journal;
  readonly #world: World;
  readonly #trace: Trace;
  readonly #topology: ReturnType<typeof topologyOf>;
  readonly #weather: Weather;
  readonly #network: ReturnType<typeof networkOf>;
  readonly #stations: readonly Station[];
  readonly #listeners: Listeners;
  readonly #handlers: Handlers;
  readonly #traffic: Traffic;
  readonly #effects: Effects;
  readonly #reliableListeners: ReliableListeners;
  readonly #reliableTraffic: ReliableTraffic;
  readonly #health: HealthScenario;
  readonly #trouble: Trouble;
  readonly #flow = new Flow();

  constructor(seed: number, print: ((line: string) => void) | undefined) {
    const world = new World(seed);
    const { random } = world;
    this.#world = world;
    this.#trace = new Trace(print);
    this.#topology = topologyOf(random);
    const { buses, ways } = this.#topology;
    this.#weather = random.pick(['calm', 'rough', 'rough', 'rough', 'rough', 'rough', 'lossy']);
    const isLossy = this.#weather === 'lossy';
    const journal = new Journal(world, this.#trace, isLossy);
    this.journal = journal;
    this.#network = networkOf(this.#topology, world);
    this.#stations = Array.from(
      { length: buses },
      (_, index) => new Station(index, world, journal, this.#network, this.#flow),
    );
    const hasRestarted = (): boolean => this.#stations.some(({ life }) => life > 0);
    // In a ring, what a bus sent before it restarted may pass it again: it does not know it as its own.
    const isUnsure = (): boolean => isLossy || (ways > 1 && hasRestarted());
    this.#listeners = new Listeners(world, journal, ways, isUnsure);
    this.#handlers = new Handlers(world, journal);
    this.#traffic = new Traffic(world, journal);
    this.#effects = new Effects(world, journal, !isLossy && ways === 1);
    this.#reliableListeners = new ReliableListeners(world, journal, isLossy || ways > 1);
    this.#reliableTraffic = new ReliableTraffic(world, journal, this.#reliableListeners);
    this.#trouble = new Trouble(world, journal, this.#network, this.#stations, this.#weather);
    this.#health = new HealthScenario(world, journal, this.#stations, this.#trouble, this.#weather);
  }

  async all(): Promise<void> {
    this.#begin();
    await this.#world.runUntil(stormMs);
    this.#trouble.end();
    await this.#world.runUntil(stormMs + 2000);
    // Those that were starting or stopping when it ended.
    for (const station of this.#stations) this.#trouble.revive(station);
    this.#health.probeAll();
    await this.#world.runUntil(stormMs + recoveryMs);
    checkHealth(this.journal, this.#stations, this.#topology.ways);
    await this.#aftermath();
    await this.#stopAll();
    checkFlow(this.journal, this.#network, this.#flow, this.#weather);
    checkAtEnd(this.journal);
  }

  result(seed: number): Run {
    const { problems, sent, delivered, asks } = this.journal;
    return {
      seed,
      hash: this.#trace.hash,
      shape: `${this.#topology.shape} of ${this.#topology.buses}`,
      weather: this.#weather,
      problems,
      steps: this.#world.steps,
      sent: sent.size,
      delivered,
      asked: asks.length,
      effects: this.#effects.seen,
    };
  }

  /** Plans what happens when. */
  #begin(): void {
    const { random } = this.#world;
    this.#trouble.begin();
    for (const station of this.#stations) {
      for (let i = random.whole(0, 3); i > 0; i--) this.#listeners.add(station);
      for (let i = random.whole(0, 2); i > 0; i--) this.#handlers.add(station);
      for (let i = random.whole(0, 2); i > 0; i--) this.#reliableListeners.add(station);
      for (let i = random.whole(0, 3); i > 0; i--) this.#effects.add(station);
      this.#at(random.next() * 20, () => this.#trouble.revive(station));
    }
    const sends = random.pick([20, 60, 120]);
    for (let i = 0; i < sends; i++) this.#often(10, (station) => this.#traffic.some(station));
    for (let i = random.pick([0, 20, 40]); i > 0; i--)
      this.#often(10, (station) => this.#reliableTraffic.some(station));
    for (let i = random.pick([0, 10, 30]); i > 0; i--)
      this.#often(10, (station) => this.#effects.begin(station));
    this.#health.begin((act) => this.#often(10, act));
    for (let i = random.whole(0, 12); i > 0; i--)
      this.#often(0, (station) => this.#comeOrGo(station));
    if (this.#weather === 'calm') return;
    for (let i = random.whole(1, 6); i > 0; i--) {
      this.#at(random.next() * stormMs, () => this.#trouble.some());
    }
  }

  #often(from: number, act: (station: Station) => void): void {
    const { random } = this.#world;
    this.#at(from + random.next() * (stormMs - from), () => {
      const station = random.pick(this.#stations);
      // Nobody can do anything while the loop stands still.
      if (station.state === 'up' && station.stalledUntil <= this.#world.now) act(station);
    });
  }

  #comeOrGo(station: Station): void {
    const { random } = this.#world;
    const dice = random.next();
    if (dice < 0.2) this.#listeners.add(station);
    else if (dice < 0.3) this.#effects.add(station);
    else if (dice < 0.4) this.#reliableListeners.add(station);
    else if (dice < 0.5) this.#listeners.end(station);
    else if (dice < 0.6) this.#reliableListeners.end(station);
    else if (dice < 0.85) this.#handlers.add(station);
    else this.#handlers.end(station);
  }

  /** All is well again: every message must get where it is wanted. */
  async #aftermath(): Promise<void> {
    const { journal } = this;
    journal.note('', 'aftermath');
    await this.#arrivals();
    checkLinks(journal, this.#stations);
    const wanted = new Map<number, readonly Listener[]>();
    for (const station of this.#stations) {
      if (station.state !== 'up') continue;
      for (const topic of topics) {
        const { nonce } = this.#traffic.publish(station, topic, true);
        wanted.set(nonce, this.#listeners.alive);
      }
    }
    const reliable = this.#publishReliably();
    const asks = this.#askAround();
    // Not a multiple of what handlers take, so that nothing is just under way.
    await this.#world.runUntil(this.#world.now + 1037);
    // Where links form a ring, those who block can wait for each other in a circle.
    if (this.#topology.shape !== 'ring') checkReach(journal, wanted, this.#topology.ways);
    for (const { nonce, ends } of this.#topology.shape === 'ring' ? [] : asks) {
      if (ends[0] !== 'replied')
        journal.problem(`in the end, request ${nonce} got ${ends[0] ?? 'nothing'}`);
    }
    if (this.#weather !== 'lossy' && this.#topology.shape !== 'ring')
      checkReliableReach(journal, reliable, this.#reliableListeners.alive, this.#stations);
    await this.#arrivals();
    checkLinks(journal, this.#stations);
    if (journal.problems.length === 0) return;
    for (const { id, bus } of this.#stations) {
      const { links, endpoints } = bus.inspect();
      journal.note(
        id,
        JSON.stringify({ links, busy: endpoints.filter(({ pending }) => pending > 0) }),
      );
    }
  }

  /** In a ring something may just be on its way; what is lost does not come however long one waits. */
  async #arrivals(): Promise<void> {
    for (let ms = 0; ms < 50 && isUnderWay(this.#stations); ms++) {
      await this.#world.runUntil(this.#world.now + 1);
    }
  }

  /** Nothing fails any more: all that was given up must be handled when it is tried again. */
  #publishReliably(): readonly Publication[] {
    const listeners = this.#reliableListeners;
    if (this.#weather !== 'lossy')
      checkReliable(this.journal, {
        traffic: this.#reliableTraffic,
        listeners,
        stations: this.#stations,
        ways: this.#topology.ways,
      });
    listeners.cured = true;
    const up = this.#stations.filter(({ state }) => state === 'up');
    for (const { bus, publisher } of up)
      this.journal.expect(`replay at ${publisher}`, bus.deadLetters.replay());
    return up.flatMap((station) =>
      reliableTopics.map((topic) => this.#reliableTraffic.publish(station, topic)),
    );
  }

  /** Every bus asks a handler that only the last one has. */
  #askAround(): readonly Ask[] {
    const last = this.#stations.at(-1);
    if (last?.state !== 'up') return [];
    this.#handlers.handle(last, 'sure.thing', 'later');
    const asks: Ask[] = [];
    // Once all have heard of it.
    this.#at(50, () => {
      const up = this.#stations.filter(({ state }) => state === 'up');
      asks.push(...up.map((station) => this.#traffic.askSurely(station, 'sure.thing')));
    });
    return asks;
  }

  async #stopAll(): Promise<void> {
    const { random } = this.#world;
    for (const station of this.#stations) {
      this.#at(random.next() * 200, () => {
        if (station.state === 'up') station.stop(random.pick([0, 300]));
      });
    }
    await this.#world.runUntil(this.#world.now + 12_000);
    for (const station of this.#stations) {
      if (station.state !== 'down')
        this.journal.problem(`${station.id} is ${station.state} in the end`);
    }
  }

  #at(ms: number, run: () => void): void {
    this.#world.at(this.#world.now + ms, run);
  }
}
