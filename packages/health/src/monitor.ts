import type { HookPoints, Host } from '@bus/core';
import type { HealthInspection } from './api.ts';
import { Blame } from './blame.ts';
import { withFallback } from './fallback.ts';
import { Guards } from './guards.ts';
import { measurementsOf } from './measurements.ts';
import type { HealthSettings } from './options.ts';
import { Peers } from './peers.ts';
import { repeatingIdempotent } from './repeated-request.ts';
import { Report } from './report.ts';
import { Selection } from './selection.ts';
import type { Trouble } from './trouble.ts';

/** The health of one bus: puts the parts together and ties them to the path of a message. */
export class Monitor {
  readonly peers: Peers;
  readonly report: Report;
  readonly #host: Host;
  readonly #trouble: Trouble = { count: 0 };
  readonly #guards: Guards | undefined;
  readonly #selection: Selection;
  readonly #blame: Blame;
  #repeated = 0;

  constructor(host: Host, { heartbeat, breaker, slowHandlerMs }: HealthSettings) {
    this.#host = host;
    this.peers = new Peers(host, heartbeat, this.#trouble);
    this.#guards = breaker && new Guards(host, breaker, this.#trouble);
    this.#selection = new Selection(host, this.#guards, this.peers);
    this.#blame = new Blame(host, slowHandlerMs, () => this.peers.linked > 0);
    this.report = new Report({
      host,
      guards: this.#guards,
      peers: this.peers,
      blame: this.#blame,
    });
  }

  tap(hooks: HookPoints): void {
    this.#tapMessages(hooks);
    this.#tapLife(hooks);
    const guards = this.#guards;
    hooks.define.tap(withFallback);
    hooks.fact.tap(({ name, value: change }) => {
      if (name !== 'peer') return undefined;
      this.peers.changed(change);
      if (change.type === 'up') this.#blame.loop.touch();
      return undefined;
    });
    if (guards !== undefined) {
      hooks.endpoint.tap((change) => {
        guards.changed(change);
        return undefined;
      });
    }
    hooks.inspect.tap(() => this.#inspection());
    hooks.measure.tap(() => measurementsOf(this.#inspection(), this.peers.all()));
  }

  #tapMessages(hooks: HookPoints): void {
    const trouble = this.#trouble;
    const guards = this.#guards;
    const selection = this.#selection;
    const blame = this.#blame;
    hooks.send.tap(
      repeatingIdempotent(this.#host, () => {
        this.#repeated++;
      }),
    );
    const { loop } = blame;
    hooks.select.tap((candidates, context) => {
      if (!loop.touched) loop.touch();
      return trouble.count === 0 ? candidates : selection.narrow(candidates, context);
    });
    hooks.outcome.tap((message, endpoint, outcome, startedAt, durationMs, error) => {
      if (endpoint === undefined) return undefined;
      blame.ended(message, endpoint, outcome, startedAt, durationMs);
      guards?.ended(message, endpoint, outcome, startedAt, error);
      return undefined;
    });
  }

  #tapLife(hooks: HookPoints): void {
    const stopping = (): void => {
      this.report.stopping();
      this.#blame.stop();
    };
    // Ready when all others are.
    hooks.start.tap(() => this.report.started(), { order: 'last' });
    hooks.leave.tap(stopping);
    hooks.stop.tap(stopping);
  }

  #inspection(): HealthInspection {
    const { status, loop } = this.report.check();
    const { failovers, refused } = this.#selection;
    return {
      status,
      loop,
      breakers: this.#breakers(),
      opened: this.#guards?.opened ?? 0,
      failovers,
      refused,
      repeated: this.#repeated,
    };
  }

  #breakers(): HealthInspection['breakers'] {
    const unhealthy = [...(this.#guards?.unhealthy ?? [])];
    const open = unhealthy.filter(({ breaker }) => breaker.state === 'open').length;
    return { open, halfOpen: unhealthy.length - open };
  }
}
