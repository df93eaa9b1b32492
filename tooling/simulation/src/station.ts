import type { AnyContract, Bus, EndpointView } from '@bus/core';
import { createBus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { HealthApi, HealthChanged } from '@bus/health';
import { health } from '@bus/health';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { Reliable } from '@bus/reliable';
import { reliable } from '@bus/reliable';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import type { LinkOptions, LinkReport, Transport } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import type { StationHealth } from './health-options.ts';
import { healthOptions } from './health-options.ts';
import { HealthWatch } from './health-watch.ts';
import type { Journal } from './journal.ts';
import type { Network, Wire } from './network.ts';
import type { Flow } from './observer.ts';
import { observer } from './observer.ts';
import { linkOptions, reliableOptions } from './station-options.ts';
import { Machine, type World } from './world.ts';

/** A bus as the simulation uses it. */
export type SimulatedBus = Bus<AnyContract, GlobRouter | PubSub | Correlation | Reliable>;

/** A place where a bus lives, dies and comes back. */
export class Station {
  readonly index: number;
  readonly id: string;
  /** Which bus this is of those that lived here. */
  life = 0;
  state: 'down' | 'starting' | 'up' | 'stopping' = 'down';
  /** What it has sent in this life. */
  sequence = 0;
  /** Until when it cannot do anything. */
  stalledUntil = 0;
  bus: SimulatedBus;
  machine: Machine;
  readonly peersUp = new Set<string>();
  /** Undefined where nobody watches the health of its peers. */
  readonly healthOptions: StationHealth | undefined;
  health: HealthApi<AnyContract, GlobRouter>['health'] | undefined;
  /** By nonce, how often the peer was lost that had a request. */
  readonly losses = new Map<number, number>();
  readonly #world: World;
  readonly #journal: Journal;
  readonly #network: Network;
  readonly #flow: Flow;
  readonly #options: LinkOptions;

  constructor(index: number, world: World, journal: Journal, network: Network, flow: Flow) {
    this.index = index;
    this.id = `b${index}`;
    this.#world = world;
    this.#journal = journal;
    this.#network = network;
    this.#flow = flow;
    this.healthOptions = world.random.chance(0.5) ? healthOptions(world.random) : undefined;
    this.#options = linkOptions(world, this.healthOptions !== undefined);
    this.machine = new Machine(world, world.random.whole(1, 1e9));
    this.bus = this.#build();
  }

  /** Who publishes: a bus that came back is another publisher. */
  get publisher(): string {
    return `${this.id}/${this.life}`;
  }

  get wires(): readonly Wire[] {
    const { index } = this;
    return this.#network.wires.filter(
      ({ listens, connects }) => listens === index || connects === index,
    );
  }

  get links(): readonly LinkReport[] {
    return this.bus.inspect().links as readonly LinkReport[];
  }

  /** Endpoints that it takes for broken. */
  get unhealthy(): readonly EndpointView[] {
    const ids = new Set(this.health?.check().endpoints.map(({ id }) => id));
    return ids.size === 0 ? [] : this.bus.endpoints().filter(({ id }) => ids.has(id));
  }

  start(): void {
    const { bus } = this;
    this.state = 'starting';
    this.#journal.note(this.id, 'starts');
    const started = (how: string): void => {
      if (bus !== this.bus || this.state !== 'starting') return;
      this.state = how === 'done' ? 'up' : 'down';
      if (this.state === 'down') this.#renew();
    };
    this.#journal.expect(
      `start of ${this.publisher}`,
      bus.start().then(() => undefined),
      started,
    );
  }

  /** In good order. */
  stop(drainMs: number): void {
    const { bus } = this;
    this.state = 'stopping';
    this.#cut();
    this.#journal.note(this.id, 'stops');
    const stopped = (): void => this.#stopped(bus);
    this.#journal.expect(`stop of ${this.publisher}`, bus.stop({ drainMs }), stopped);
  }

  /** Without a word; `unseen` leaves its peers to find out. */
  crash(unseen: boolean): void {
    this.#journal.note(this.id, unseen ? 'vanishes' : 'crashes');
    this.#cut();
    for (const { transport } of this.wires) if (unseen) transport.halfOpen();
    this.machine.die();
    this.#journal.forget(this.publisher);
    for (const transport of this.#transports()) void transport.close();
    this.#renew();
  }

  #stopped(bus: SimulatedBus): void {
    if (bus !== this.bus) return;
    const { accepted, inFlight, ended } = bus.inspect().outcomes;
    const { dropped, ...others } = ended;
    const sum = [...Object.values(others), ...Object.values(dropped)].reduce((a, b) => a + b, 0);
    if (inFlight !== 0 || accepted !== sum) {
      this.#journal.problem(
        `${this.publisher}: accepted ${accepted}, ended ${sum}, in flight ${inFlight} after its stop`,
      );
    }
    const { machine } = this;
    // Turns that were asked for before the end are still to run, and do nothing.
    this.#world.at(this.#world.now + 5, () => {
      if (machine.pending !== 0) {
        this.#journal.problem(`${this.id} left ${machine.pending} timers or turns after its stop`);
      }
    });
    this.#renew();
  }

  #renew(): void {
    this.state = 'down';
    this.life++;
    this.sequence = 0;
    this.peersUp.clear();
    this.machine = new Machine(this.#world, this.#world.random.whole(1, 1e9));
    this.bus = this.#build();
  }

  #cut(): void {
    for (const wire of this.wires) wire.cut = true;
  }

  #transports(): readonly Transport[] {
    const listener = this.#network.listeners.get(this.index);
    const connectors = this.#network.wires.filter(({ connects }) => connects === this.index);
    return [
      ...(listener === undefined ? [] : [listener]),
      ...connectors.map((wire) => wire.transport),
    ];
  }

  #build(): SimulatedBus {
    const { id } = this;
    const say = (text: string): void => this.#journal.note(id, `log: ${text}`);
    const log = { debug: say, info: say, warn: say, error: say };
    const plain = createBus({ id, env: this.machine, log, defaultTimeoutMs: 1500 });
    const bus = plain.use(
      routerGlob(),
      pubsub(),
      correlation(),
      reliable(reliableOptions),
      observer(id, this.#flow, this.losses),
    );
    if (this.healthOptions !== undefined) {
      this.health = bus.use(health(this.healthOptions)).health;
      this.#watchHealth(bus);
    }
    for (const transport of this.#transports()) {
      bus.use(defineTransport(transport, this.#options));
    }
    const { peersUp } = this;
    bus.subscribe('$bus.peer.*', ({ topic, payload }) => {
      const { peer, reason } = payload as { readonly peer: string; readonly reason: string };
      const isUp = topic === '$bus.peer.up';
      this.#journal.note(id, isUp ? `up ${peer}` : `down ${peer}: ${reason}`);
      if (isUp) peersUp.add(peer);
      else {
        if (reason.includes('broke the protocol'))
          this.#journal.damage(`${id} from ${peer}: ${reason}`);
        peersUp.delete(peer);
        for (const wire of this.wires)
          if (`b${wire.listens}` === peer || `b${wire.connects}` === peer) wire.cut = true;
      }
    });
    return bus;
  }

  #watchHealth(bus: SimulatedBus): void {
    const watch = new HealthWatch({
      id: this.id,
      journal: this.#journal,
      endpoints: () => bus.endpoints(),
      isAnyCut: () => this.#network.wires.some(({ cut }) => cut),
    });
    bus.subscribe('$bus.health.changed', ({ payload }) => watch.changed(payload as HealthChanged));
  }
}
