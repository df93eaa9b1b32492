import type { Admission } from './admission.ts';
import type { Context } from './context.ts';
import type { Endings } from './endings.ts';
import { Endpoint } from './endpoint.ts';
import type { EndpointDefinition } from './endpoint-definition.ts';
import type { EndpointOwner, Traffic } from './endpoint-owner.ts';
import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import { within } from './lifecycle.ts';
import { optionInvalid } from './option-checks.ts';
import { Policies } from './policy.ts';
import type { Runner } from './runner.ts';
import { onAbort } from './signals.ts';
import type { Pattern } from './syntax.ts';
import { topicFault } from './topic.ts';

const globSyntax = /[*?[\]{}()!\\]/;

/** The endpoints of a bus, as they come and go. */
export class Endpoints implements EndpointOwner {
  readonly id: string;
  readonly traffic: Traffic;
  readonly #context: Context;
  readonly #endings: Endings;
  readonly #admission: Admission;
  readonly #runner: Runner;
  /** Tells the program, by a system event. */
  readonly #announce: (type: 'added' | 'removed', endpoint: Endpoint) => void;
  readonly #policies: Policies;
  /** Out of the routes, but with messages yet to end. */
  readonly #leaving = new Set<Endpoint>();
  /** What takes a stopped endpoint's listener off its user's signal. */
  readonly #listening = new Map<Endpoint, () => void>();
  #sequence = 0;
  #slots = 0;
  readonly #freeSlots: number[] = [];
  #closed = false;

  constructor(
    context: Context,
    endings: Endings,
    admission: Admission,
    runner: Runner,
    announce: (type: 'added' | 'removed', endpoint: Endpoint) => void,
  ) {
    this.id = context.home.id;
    this.traffic = context.traffic;
    this.#context = context;
    this.#endings = endings;
    this.#admission = admission;
    this.#runner = runner;
    this.#announce = announce;
    this.#policies = new Policies(context.settings);
  }

  /** @throws BUS_CLOSED, BUS_OPTION_INVALID, BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, or what `admit` says */
  add(asked: EndpointDefinition, addedBy: string): Endpoint {
    const { gate, hooks, routes } = this.#context;
    gate.beforeStop();
    const definition = this.#defined(asked);
    const { pattern, signal, handler } = definition;
    if (typeof handler !== 'function') throw optionInvalid('handler', handler, 'a function');
    const policy = this.#policies.of(definition);
    const matcher = hooks.claim(pattern);
    if (matcher === undefined) this.#exactOnly(pattern);
    const specificity = matcher?.specificity(pattern) ?? `${'0'.repeat(segmentsOf(pattern))}9`;
    const endpoint = new Endpoint(
      this,
      this.#sequence++,
      this.#nextSlot(),
      definition,
      addedBy,
      policy,
      matcher,
      specificity,
    );
    if (signal?.aborted) {
      this.#freeSlots.push(endpoint.slot);
      endpoint.state = 'stopped';
      definition.removed?.();
      return endpoint;
    }
    this.#admit(endpoint);
    routes.add(endpoint);
    endpoint.update();
    if (signal != null) {
      this.#listening.set(
        endpoint,
        onAbort(signal, () => endpoint.stop()),
      );
    }
    this.#tell('added', endpoint);
    return endpoint;
  }

  remove(endpoint: Endpoint, drain: boolean, reason: string, error?: BusError): void {
    this.#context.routes.remove(endpoint);
    this.#listening.get(endpoint)?.();
    this.#listening.delete(endpoint);
    endpoint.state = drain ? 'draining' : 'stopped';
    endpoint.update();
    if (!drain) this.#admission.dropWaiting(endpoint, reason, error ?? unsubscribed(endpoint));
    const inFlight = endpoint.load > 0 || this.#context.slots.isCalling(endpoint);
    if (inFlight) {
      this.#leaving.add(endpoint);
      void this.#leave(endpoint);
      // It may have been paused with messages waiting.
      if (drain) this.#runner.drain(endpoint);
    } else endpoint.state = 'stopped';
    endpoint.extras?.removed?.();
    if (!this.#closed) this.#tell('removed', endpoint, reason);
    // Last of all, for observers that keep something by it.
    if (!inFlight) this.#freeSlots.push(endpoint.slot);
  }

  /** What is in flight ends first. */
  async #leave(endpoint: Endpoint): Promise<void> {
    // A handler on the stack may return something to wait for.
    if (this.#context.slots.isCalling(endpoint)) await Promise.resolve();
    await this.#endings.drained(endpoint);
    this.#leaving.delete(endpoint);
    endpoint.state = 'stopped';
    this.#freeSlots.push(endpoint.slot);
  }

  resume(endpoint: Endpoint): void {
    this.#runner.drain(endpoint);
  }

  changed(endpoint: Endpoint): void {
    this.#context.hooks.endpoint?.({ type: 'changed', endpoint });
  }

  drained(endpoint: Endpoint): Promise<void> {
    return this.#endings.drained(endpoint);
  }

  /** In the order added; those with this very pattern, if one is given. */
  of(pattern: Pattern | undefined): readonly Endpoint[] {
    return [...this.#context.routes.all].filter(
      (endpoint) => pattern === undefined || String(endpoint.pattern) === String(pattern),
    );
  }

  /** Counted where the messages are, so that the ledger can be checked against it. */
  get inFlight(): number {
    let inFlight = this.#context.slots.onStack;
    for (const endpoint of this.#present()) inFlight += endpoint.load;
    return inFlight;
  }

  /** All that may have messages. */
  #present(): Endpoint[] {
    return [...this.#context.routes.all, ...this.#leaving];
  }

  /** Resolves when nothing waits or runs, or rejects when the time is up. */
  drain(drainMs: number): Promise<void> {
    return within(() => this.#idle(), drainMs, this.#context.env, new Error('not idle in time'));
  }

  async #idle(): Promise<void> {
    const busy = (): Endpoint[] => this.#present().filter((endpoint) => endpoint.load > 0);
    for (let left = busy(); left.length > 0; left = busy()) {
      await Promise.all(left.map((endpoint) => this.drained(endpoint)));
    }
  }

  /** What still waits or runs gets its outcome, and every endpoint goes. */
  close(error: BusError): void {
    this.#closed = true;
    for (const endpoint of this.#present()) this.#admission.dropWaiting(endpoint, 'closed', error);
    this.#runner.cancelRunning(error);
    for (const endpoint of this.#context.routes.all) this.remove(endpoint, false, 'closed');
  }

  /** @throws what the `admit` taps say */
  #admit(endpoint: Endpoint): void {
    try {
      const refused = this.#context.hooks.admit(endpoint);
      if (refused !== undefined) throw refused;
    } catch (error) {
      this.#freeSlots.push(endpoint.slot);
      throw error;
    }
  }

  #exactOnly(pattern: Pattern): void {
    const shown = String(pattern);
    if (isRegExp(pattern) || (typeof pattern === 'string' && globSyntax.test(pattern))) {
      const { taps } = this.#context.hooks;
      const routers = [...new Set(taps.claim.map((tap) => tap.plugin))];
      throw busError(
        'BUS_PATTERN_UNSUPPORTED',
        `no installed router (${routers.join() || 'there is none'}) reads '${shown}': install one that does, or write an exact topic`,
        { pattern: shown, routers },
      );
    }
    const fault = topicFault(pattern, this.#context.settings.limits);
    if (fault === undefined) return;
    const reason = fault.message;
    throw busError('BUS_PATTERN_INVALID', `as a pattern: ${reason}`, { pattern: shown, reason });
  }

  /** One freed long ago: what a removed endpoint still has on the stack is told of under its own. */
  #nextSlot(): number {
    const free = this.#freeSlots.length > 64 ? this.#freeSlots.shift() : undefined;
    return free ?? this.#slots++;
  }

  /** What the plugins make of a definition. @throws BUS_OPTION_INVALID where none knows an option. */
  #defined(definition: EndpointDefinition): EndpointDefinition {
    const { define } = this.#context.hooks;
    let defined: EndpointDefinition | undefined = definition;
    try {
      if (define !== undefined) defined = define(definition, undefined);
    } catch (error) {
      throw this.#context.hooks.blame('define', error);
    }
    const { asked = {}, pattern } = defined ?? definition;
    const left = Object.keys(asked).find((option) => asked[option] !== undefined);
    if (left === undefined) return defined ?? definition;
    throw optionInvalid(
      left,
      asked[left],
      `none of that name for '${String(pattern)}', or install its plugin`,
    );
  }

  #tell(type: 'added' | 'removed', endpoint: Endpoint, reason?: string): void {
    this.#context.hooks.endpoint?.({ type, endpoint, reason });
    this.#announce(type, endpoint);
  }
}

function unsubscribed({ pattern }: Endpoint): BusError {
  const topic = String(pattern);
  const text = `'${topic}' lost its handler before the message was handled`;
  return busError('BUS_NO_ROUTE', text, { topic });
}

function segmentsOf(pattern: Pattern): number {
  return String(pattern).split('.').length;
}

function isRegExp(pattern: unknown): pattern is RegExp {
  return Object.prototype.toString.call(pattern) === '[object RegExp]';
}
