import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthChanged } from '@bus/health';
import type { WorkspaceBus } from '../assembly.ts';
import type { FaultReport } from '../contract/faults.ts';
import { Probe } from './probe.ts';
import type { PlannedFault } from './schedule.ts';

/** How long a fault may take to be over; then the next one comes all the same. */
const patienceMs = 15_000;

const tellAgainMs = 1000;

type Change = { -readonly [K in keyof FaultReport]?: FaultReport[K] };

/** A fault under way. */
interface Current {
  readonly at: number;
  readonly planned: PlannedFault;
  /** Since then it may be seen that it is over. */
  overFrom: number;
  change(change: Change): void;
  readonly report: () => FaultReport;
  readonly over: () => void;
}

/** Causes faults as planned, and measures how the program takes them. */
export class Chaos {
  readonly #bus: WorkspaceBus;
  readonly #plan: readonly PlannedFault[];
  readonly #pidOf: (place: string) => number | undefined;
  readonly #probe: Probe;
  readonly #ending = new AbortController();
  readonly #faults: FaultReport[];
  #current: Current | undefined;
  #began = 0;
  #telling: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    bus: WorkspaceBus,
    plan: readonly PlannedFault[],
    pidOf: (place: string) => number | undefined,
  ) {
    this.#bus = bus;
    this.#plan = plan;
    this.#pidOf = pidOf;
    this.#probe = new Probe(bus, (by, askedAt) => this.#answered(by, askedAt));
    this.#faults = plan.map(({ fault, target, atMs }) => ({
      fault,
      target,
      plannedMs: atMs,
      requests: this.#probe.requests,
    }));
    bus.subscribe('$bus.peer.down', ({ payload }) => {
      const { peer, reason } = payload as { readonly peer: string; readonly reason: string };
      this.#noticed(peer, `link down: ${reason}`);
    });
    bus.subscribe('$bus.health.changed', ({ payload }) => {
      const { subject, to, reason } = payload as HealthChanged;
      if (to !== 'suspect' && to !== 'down') return;
      if (subject.kind === 'peer') this.#noticed(subject.id, `${to}: ${reason}`);
    });
    bus.subscribe('dead-letter.kept', ({ payload: { topic, attempts, by } }) => {
      this.#noticed(topic, `a dead letter of ${by} after ${attempts} attempts`);
    });
    bus.subscribe('dead-letter.replayed', ({ payload: { replayed } }) => {
      if (this.#current?.planned.fault === 'poison' && replayed > 0) this.#recovered();
    });
  }

  get faults(): readonly FaultReport[] {
    return this.#faults;
  }

  begin(): void {
    this.#began = performance.now();
    // Also for pages that are opened later.
    this.#telling = setInterval(() => this.#tell(), tellAgainMs);
    this.#running = this.#run().catch(() => undefined);
  }

  /**
   * Resolves when all is over.
   * @param early - what is under way comes to its end; what has not begun does not come.
   */
  async end(early: boolean): Promise<void> {
    if (early) this.#ending.abort();
    await this.#running;
    clearInterval(this.#telling);
  }

  #tell(): void {
    void this.#bus.publish('chaos.faults', { faults: this.#faults });
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    for (const [index, planned] of this.#plan.entries()) {
      const waitMs = this.#began + planned.atMs - performance.now();
      await sleep(Math.max(0, waitMs), undefined, { signal });
      await this.#cause(index, planned);
    }
  }

  /** Resolves when the fault is over. */
  async #cause(index: number, planned: PlannedFault): Promise<void> {
    this.#probe.begin();
    const over = new Promise<void>((resolve) => {
      const at = performance.now();
      this.#current = {
        at,
        planned,
        overFrom: at,
        over: resolve,
        report: () => this.#faults[index] as FaultReport,
        change: (change) => {
          this.#faults[index] = { ...(this.#faults[index] as FaultReport), ...change };
          this.#tell();
        },
      };
    });
    this.#current?.change({ causedMs: performance.now() - this.#began });
    const { fault, target, forMs = 0 } = planned;
    const pid = this.#pidOf(target);
    if (fault === 'poison') await this.#bus.notify('storage.poison', {});
    else if (pid !== undefined) await this.#harm(pid, fault, forMs);
    await within(patienceMs, over, this.#ending.signal);
    await this.#probe.end();
    this.#current?.change({ requests: this.#probe.requests });
    this.#current = undefined;
  }

  async #harm(pid: number, fault: 'kill' | 'stall', forMs: number): Promise<void> {
    if (fault === 'kill') {
      send('SIGKILL', pid);
      return;
    }
    send('SIGSTOP', pid);
    // Also where the run ends meanwhile: one that is stopped cannot end.
    await sleep(forMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    send('SIGCONT', pid);
    const current = this.#current;
    if (current === undefined) return;
    current.overFrom = performance.now();
    current.change({ resumedMs: current.overFrom - current.at });
  }

  #noticed(target: string, how: string): void {
    const current = this.#current;
    if (current?.planned.target !== target || current.report().noticedMs !== undefined) return;
    current.change({ noticedMs: performance.now() - current.at, noticed: how });
  }

  #answered(by: string, askedAt: number): void {
    const current = this.#current;
    if (current === undefined || current.planned.fault === 'poison' || askedAt < current.at) return;
    const { target } = current.planned;
    const { noticedMs, failoverMs } = current.report();
    if (by !== target && failoverMs === undefined) {
      current.change({ failoverMs: performance.now() - current.at });
    }
    if (by === target && noticedMs !== undefined && askedAt >= current.overFrom) this.#recovered();
  }

  #recovered(): void {
    const current = this.#current;
    if (current === undefined || current.report().recoveredMs !== undefined) return;
    current.change({ recoveredMs: performance.now() - current.at });
    current.over();
  }
}

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone by itself.
  }
}

/** Resolves when `over` has, or the time is up, or the signal aborts. */
async function within(ms: number, over: Promise<void>, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const timeout = sleep(ms, undefined, { signal: AbortSignal.any([signal, done.signal]) });
  await Promise.race([over, timeout]).catch(() => undefined);
  done.abort();
}
