import type { Admission } from './admission.ts';
import type { Endings } from './endings.ts';
import type { EndpointDefinition, EndpointOwner, Traffic } from './endpoint.ts';
import { Endpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import type { CompiledHooks } from './kernel-hooks.ts';
import type { Settings } from './options.ts';
import { Policies } from './policy.ts';
import type { Routes } from './routes.ts';
import type { Runner } from './runner.ts';
import { onAbort } from './signals.ts';
import type { Slots } from './slots.ts';
import type { Pattern } from './syntax.ts';
import { topicFault } from './topic.ts';

const globSyntax = /[*?[\]{}()!\\]/;

/** What coming and going needs of the bus. */
export interface EndpointsContext {
  readonly id: string;
  readonly env: Env;
  readonly settings: Settings;
  readonly traffic: Traffic;
  readonly routes: Routes;
  readonly hooks: CompiledHooks;
  readonly slots: Slots;
  readonly admission: Admission;
  readonly endings: Endings;
  readonly runner: Runner;
  /** The plugins that read patterns. */
  routers(): readonly string[];
  /** Tells the program, by a system event. */
  announce(type: 'added' | 'removed', endpoint: Endpoint): void;
}

/** The endpoints of a bus, as they come and go. */
export class Endpoints implements EndpointOwner {
  readonly id: string;
  readonly traffic: Traffic;
  readonly #context: EndpointsContext;
  readonly #policies: Policies;
  /** Out of the routes, but with messages yet to end. */
  readonly #leaving = new Set<Endpoint>();
  /** What takes a stopped endpoint's listener off its user's signal. */
  readonly #listening = new Map<Endpoint, () => void>();
  #sequence = 0;
  #closed = false;

  constructor(context: EndpointsContext) {
    this.id = context.id;
    this.traffic = context.traffic;
    this.#context = context;
    this.#policies = new Policies(context.settings);
  }

  /** @throws BUS_OPTION_INVALID, BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, or what `admit` says */
  add(definition: EndpointDefinition): Endpoint {
    const { hooks, routes } = this.#context;
    if (typeof definition.handler !== 'function') {
      throw busError(
        'BUS_OPTION_INVALID',
        `the handler for '${String(definition.pattern)}' is no function`,
        { option: 'handler', value: typeof definition.handler },
      );
    }
    const policy = this.#policies.of(definition);
    const { pattern, signal } = definition;
    const matcher = hooks.claim(pattern);
    if (matcher === undefined) this.#exactOnly(pattern);
    const specificity = matcher?.specificity(pattern) ?? `${'0'.repeat(segmentsOf(pattern))}9`;
    const endpoint = new Endpoint(this, this.#sequence++, definition, policy, matcher, specificity);
    if (signal?.aborted) {
      endpoint.state = 'stopped';
      definition.removed?.();
      return endpoint;
    }
    const refused = hooks.admit(endpoint);
    if (refused !== undefined) throw refused;
    routes.add(endpoint);
    endpoint.update();
    if (signal !== undefined) this.#stopBy(signal, endpoint);
    this.#tell('added', endpoint);
    return endpoint;
  }

  remove(endpoint: Endpoint, drain: boolean): void {
    const { routes, admission, endings, runner } = this.#context;
    routes.remove(endpoint);
    this.#listening.get(endpoint)?.();
    this.#listening.delete(endpoint);
    endpoint.state = drain ? 'draining' : 'stopped';
    endpoint.update();
    if (!drain) {
      const { pattern } = endpoint;
      const topic = String(pattern);
      admission.dropWaiting(
        endpoint,
        'unsubscribed',
        busError('BUS_NO_ROUTE', `'${topic}' lost its handler before the message was handled`, {
          topic,
        }),
      );
    }
    if (endpoint.load > 0) {
      this.#leaving.add(endpoint);
      void endings.drained(endpoint).then(() => {
        this.#leaving.delete(endpoint);
        endpoint.state = 'stopped';
      });
      // It may have been paused with messages waiting.
      if (drain) runner.drain(endpoint);
    } else endpoint.state = 'stopped';
    endpoint.extras?.removed?.();
    if (!this.#closed) this.#tell('removed', endpoint);
  }

  resume(endpoint: Endpoint): void {
    this.#context.runner.drain(endpoint);
  }

  drained(endpoint: Endpoint): Promise<void> {
    return this.#context.endings.drained(endpoint);
  }

  /** In the order added; those with this very pattern, if one is given. */
  of(pattern: Pattern | undefined): readonly Endpoint[] {
    const all = [...this.#context.routes.all];
    if (pattern === undefined) return all;
    return all.filter((endpoint) => String(endpoint.pattern) === String(pattern));
  }

  /** Counted where the messages are, so that the ledger can be checked against it. */
  get inFlight(): number {
    let inFlight = this.#context.slots.onStack;
    for (const endpoint of this.#context.routes.all) inFlight += endpoint.load;
    for (const endpoint of this.#leaving) inFlight += endpoint.load;
    return inFlight;
  }

  /** Resolves when nothing waits or runs, or when the time is up. */
  async drain(drainMs: number): Promise<void> {
    const { env, routes, endings } = this.#context;
    let timer: unknown;
    const late = new Promise<true>((resolve) => {
      timer = env.setTimer(() => resolve(true), drainMs);
    });
    const busy = (): Endpoint[] =>
      [...routes.all, ...this.#leaving].filter((endpoint) => endpoint.load > 0);
    for (let left = busy(); left.length > 0; left = busy()) {
      const idle = Promise.all(left.map((endpoint) => endings.drained(endpoint)));
      if ((await Promise.race([idle, late])) === true) break;
    }
    env.clearTimer(timer);
  }

  /** What still waits or runs gets its outcome, and every endpoint goes. */
  close(error: BusError): void {
    const { routes, admission, runner } = this.#context;
    this.#closed = true;
    for (const endpoint of [...routes.all, ...this.#leaving]) {
      admission.dropWaiting(endpoint, 'closed', error);
    }
    runner.cancelRunning(error);
    for (const endpoint of [...routes.all]) this.remove(endpoint, false);
  }

  #exactOnly(pattern: Pattern): void {
    const shown = String(pattern);
    const glob = typeof pattern !== 'string' || globSyntax.test(pattern);
    if (glob && (typeof pattern === 'string' || isRegExp(pattern))) {
      const routers = this.#context.routers();
      const has = routers.length === 0 ? 'no router is installed' : `installed: ${routers.join()}`;
      throw busError(
        'BUS_PATTERN_UNSUPPORTED',
        `no installed router reads pattern '${shown}' (${has}): install one that does, or write an exact topic`,
        { pattern: shown, routers },
      );
    }
    const fault = topicFault(pattern, this.#context.settings.limits);
    if (fault === undefined) return;
    const reason = fault.message;
    throw busError('BUS_PATTERN_INVALID', `as a pattern: ${reason}`, { pattern: shown, reason });
  }

  #stopBy(signal: AbortSignal, endpoint: Endpoint): void {
    this.#listening.set(
      endpoint,
      onAbort(signal, () => endpoint.stop()),
    );
  }

  #tell(type: 'added' | 'removed', endpoint: Endpoint): void {
    this.#context.hooks.endpoint({ type, endpoint });
    this.#context.announce(type, endpoint);
  }
}

function segmentsOf(pattern: Pattern): number {
  return String(pattern).split('.').length;
}

function isRegExp(pattern: unknown): pattern is RegExp {
  return Object.prototype.toString.call(pattern) === '[object RegExp]';
}
