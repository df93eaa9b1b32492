import type { AnyContract, Bus, Message, Plugin } from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { Reliable, ReliableOptions } from '@bus/reliable';
import { reliable } from '@bus/reliable';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import type { LinkOptions, LinkReport, Transport } from '@bus/wire';
import { defineTransport, jsonCodec, msgpackCodec } from '@bus/wire';
import type { Journal } from './journal.ts';
import type { Network, Wire } from './network.ts';
import { isReliable, redeliverMs, runsAtMost } from './reliable-topics.ts';
import { Machine, type World } from './world.ts';

/** A bus as the simulation uses it. */
export type SimulatedBus = Bus<AnyContract, GlobRouter | PubSub | Correlation | Reliable>;

/** By pair of stations: events and notifications that left one for the other, and that came in. */
export class Flow {
  readonly forwarded = new Map<string, number>();
  readonly arrived = new Map<string, number>();

  count(map: Map<string, number>, from: string, to: string): void {
    const pair = `${from}>${to}`;
    map.set(pair, (map.get(pair) ?? 0) + 1);
  }
}

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
    this.#options = linkOptions(world);
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
      this.#observer(),
    );
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
        peersUp.delete(peer);
        for (const wire of this.wires)
          if (`b${wire.listens}` === peer || `b${wire.connects}` === peer) wire.cut = true;
      }
    });
    return bus;
  }

  /** Counts what leaves for a peer, and what comes from one. */
  #observer(): Plugin {
    const { id } = this;
    const flow = this.#flow;
    return definePlugin({
      name: '@bus/simulation',
      setup(host) {
        host.hooks.outcome.tap((message, endpoint, outcome) => {
          if (outcome === 'forwarded' && endpoint !== undefined && isCounted(message)) {
            flow.count(flow.forwarded, id, endpoint.bus);
          }
          return undefined;
        });
        host.hooks.inbound.tap((message) => {
          const peer = message.origin?.peer;
          if (peer !== undefined && isCounted(message)) flow.count(flow.arrived, peer, id);
          return message;
        });
        return undefined;
      },
    });
  }
}

/** Of acknowledged ones, the outcome is not what left, but what was done. */
function isCounted({ kind, topic }: Message): boolean {
  return kind !== 'request' && !isReliable(topic);
}

/** Short, so that all has been decided when a run ends. */
const reliableOptions: ReliableOptions = {
  ackTimeoutMs: 40,
  attempts: runsAtMost,
  backoff: { baseMs: 5, maxMs: 100 },
  redeliverMs,
};

/** Small limits, so that they are met. */
function linkOptions({ random }: World): LinkOptions {
  const codecs = [msgpackCodec(), jsonCodec()];
  return {
    codec: random.chance(0.3) ? codecs.toReversed() : codecs,
    heartbeat: { intervalMs: 100, suspectMs: 250, downMs: 500 },
    reconnect: { baseMs: 10, factor: 2, maxMs: 200 },
    limits: {
      windowMessages: random.pick([4, 16, 256, 4096]),
      windowBytes: random.pick([4096, 65_536, 1 << 20]),
      pendingRequests: random.pick([4, 64, 1024]),
      helloMs: 1000,
    },
  };
}
