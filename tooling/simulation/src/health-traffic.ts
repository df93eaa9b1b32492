import type { Reply } from './handlers.ts';
import type { HealthHandlers, Racer } from './health-handlers.ts';
import { healthTopics } from './health-handlers.ts';
import type { Ask, Journal } from './journal.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

/** How much later than its timeout a request may be settled. */
const slackMs = 250;
/** How often an idempotent request is asked again at most. */
const mostRepeats = 3;
const callers = 100;

/** Many callers who ask for what has just failed too often. */
interface Race {
  readonly station: Station;
  readonly life: number;
  readonly topic: string;
  readonly racer: Racer;
}

/** Requests by stations that watch the health of who answers them. */
export class HealthTraffic {
  readonly #world: World;
  readonly #journal: Journal;
  readonly #handlers: HealthHandlers;
  readonly #isLossy: boolean;
  #races = 0;

  constructor(world: World, journal: Journal, handlers: HealthHandlers, isLossy: boolean) {
    this.#world = world;
    this.#journal = journal;
    this.#handlers = handlers;
    this.#isLossy = isLossy;
  }

  some(station: Station): void {
    const { random } = this.#world;
    const topic = random.pick(healthTopics);
    for (let i = random.pick([1, 3, 8]); i > 0; i--) {
      if (topic === 'h.twice') this.askTwice(station);
      else this.#ask(station, topic, random.pick([30, 200, 600]));
    }
  }

  /** Asks for all that this station takes for broken, so that it is tried. */
  probe(station: Station): void {
    for (const { pattern } of station.unhealthy) {
      if (pattern.startsWith('h.')) this.#ask(station, pattern, 500);
    }
  }

  /** Has a handler fail until its breaker opens, then lets everybody at it. */
  race(station: Station, owner: Station): void {
    const topic = `h.race.${this.#races++}`;
    const racer = this.#handlers.addRacer(owner, topic);
    const race: Race = { station, life: station.life, topic, racer };
    // Once its neighbours have heard of it.
    this.#later(30, () => this.#break(race, 12));
  }

  #break(race: Race, tries: number): void {
    const { station, topic } = race;
    if (!this.#isAble(race)) return;
    if (this.#isBroken(race)) {
      // A little more than until it is tried again.
      this.#later((station.healthOptions?.breaker.openMs ?? 0) + 1, () => this.#start(race));
    } else if (tries > 0) {
      this.#ask(station, topic, 100);
      this.#later(5, () => this.#break(race, tries - 1));
    }
  }

  #start(race: Race): void {
    const { station, topic, racer } = race;
    racer.cured = true;
    racer.from = station.sequence;
    if (!this.#isAble(race) || !this.#isBroken(race)) return;
    const views = station.bus.endpoints(topic);
    const most = views.length * (station.healthOptions?.breaker.probes ?? 0);
    const isLocal = views.every(({ kind }) => kind === 'local');
    this.#journal.note(station.id, `race for ${topic}, ${most} may pass`);
    const asks = Array.from({ length: callers }, () => this.#ask(station, topic, 300));
    this.#later(1, () => {
      const passed = asks.filter(({ ends }) => ends[0]?.startsWith('HEALTH_') !== true).length;
      if (passed > most || (isLocal && passed < most && this.#isAble(race)))
        this.#journal.problem(`${station.id}: ${passed} of ${callers} tried ${topic}, not ${most}`);
    });
    this.#later(400, () => {
      if (racer.mostRunning > most && !this.#isLossy)
        this.#journal.problem(`${topic}: ${racer.mostRunning} at once, not ${most}`);
    });
  }

  #isAble({ station, life }: Race): boolean {
    const isStalled = station.stalledUntil > this.#world.now;
    return station.life === life && station.state === 'up' && !isStalled;
  }

  #isBroken({ station, topic }: Race): boolean {
    const views = station.bus.endpoints(topic);
    return views.length > 0 && views.every((view) => station.health?.of(view)?.state === 'down');
  }

  /** Asks what may be asked again. */
  askTwice(station: Station): void {
    const timeoutMs = this.#world.random.pick([200, 600]);
    const { bus, life } = station;
    const deadline = this.#world.now + timeoutMs;
    this.#ask(station, 'h.twice', timeoutMs, (ask, how) => {
      if (how !== 'CORRELATION_PEER_GONE' || station.life !== life || station.state !== 'up')
        return;
      const lost = station.losses.get(ask.nonce) ?? 0;
      const healthy = bus
        .endpoints('h.twice')
        .filter((view) => view.state === 'active' && station.health?.of(view)?.state === 'healthy');
      if (healthy.length === 0 || lost > mostRepeats || deadline <= this.#world.now) return;
      const others = healthy.map(({ id }) => id).join();
      this.#journal.problem(`${station.id}: ${ask.nonce} was lost ${lost} times beside ${others}`);
    });
  }

  /** @param ended - makes it idempotent, and is told how it ended. */
  #ask(
    station: Station,
    topic: string,
    timeoutMs: number,
    ended?: (ask: Ask, how: string) => void,
  ): Ask {
    const load = this.#journal.load(topic, station.publisher, station.sequence++, 0);
    const stall = Math.max(0, station.stalledUntil - this.#world.now);
    const ask = this.#journal.ask(load, this.#world.now + timeoutMs + stall + slackMs);
    const end = (how: string): void => {
      this.#journal.settle(ask, how);
      ended?.(ask, how);
    };
    station.bus.request(topic, load, { timeoutMs, idempotent: ended !== undefined }).then(
      (reply) => {
        end('replied');
        const { nonce } = (reply ?? {}) as Partial<Reply>;
        if (nonce !== load.nonce && !this.#isLossy)
          this.#journal.problem(`health request ${load.nonce} got the reply to ${nonce}`);
      },
      (error) => end(this.#journal.codeOf(error, `health request ${load.nonce}`)),
    );
    return ask;
  }

  #later(ms: number, run: () => void): void {
    this.#world.at(this.#world.now + ms, run);
  }
}
