import { Admission } from './admission.ts';
import type { BusState, HandleOptions, StopOptions } from './bus.ts';
import { CoarseClock } from './clock.ts';
import { Deadlines } from './deadlines.ts';
import { DirectCalls } from './direct-calls.ts';
import { Dispatcher } from './dispatcher.ts';
import { Endings } from './endings.ts';
import type {
  EndpointDefinition,
  EndpointOwner,
  EndpointView,
  Subscription,
  Traffic,
} from './endpoint.ts';
import { Endpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import type { Message, MessageKind, SendOptions } from './envelope.ts';
import type { AnyBusError } from './errors.ts';
import { type BusError, busError, textOf } from './errors.ts';
import type { BusReport, Explanation } from './inspect.ts';
import { explainRoute } from './inspect.ts';
import type { CompiledHooks } from './kernel-hooks.ts';
import { KernelHooks } from './kernel-hooks.ts';
import { startAll, stopAll } from './lifecycle.ts';
import type { Logger } from './log.ts';
import { errorLog } from './log.ts';
import type { MessageHome } from './message.ts';
import type { BusOptions, Settings } from './options.ts';
import { atLeast, settingsOf } from './options.ts';
import { Ledger } from './outcomes.ts';
import { Pipeline } from './pipeline.ts';
import { platformEnv } from './platform.ts';
import type { AnyPlugin, Host } from './plugin.ts';
import { Plugins } from './plugins.ts';
import { Policies } from './policy.ts';
import { Routes } from './routes.ts';
import { Runner } from './runner.ts';
import { onAbort } from './signals.ts';
import { Slots } from './slots.ts';
import type { Pattern } from './syntax.ts';
import { topicFault } from './topic.ts';

const handled: readonly MessageKind[] = ['request', 'notification'];
const globSyntax = /[*?[\]{}()!\\]/;

/** The bus behind its types: puts the parts together and owns what they share. */
export class Kernel {
  readonly id: string;
  state: BusState = 'idle';
  readonly #env: Env;
  readonly #log: Logger;
  readonly #settings: Settings;
  readonly #gate = { open: false };
  readonly #ledger = new Ledger();
  readonly #routes = new Routes();
  readonly #clock: CoarseClock;
  readonly #deadlines: Deadlines;
  readonly #policies: Policies;
  readonly #hooks: KernelHooks;
  readonly #compiled: CompiledHooks;
  readonly #owner: EndpointOwner;
  readonly #slots: Slots;
  readonly #endings: Endings;
  readonly #admission: Admission;
  readonly #runner: Runner;
  readonly #dispatcher: Dispatcher;
  readonly #pipeline: Pipeline;
  readonly #plugins: Plugins;
  /** Out of the routes, but with messages yet to end. */
  readonly #leaving = new Set<Endpoint>();
  /** What takes a stopped endpoint's listener off its user's signal. */
  readonly #listening = new Map<Endpoint, () => void>();
  readonly #logError: (error: AnyBusError) => void;
  #sequence = 0;
  #starting: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(options: BusOptions) {
    this.#settings = settingsOf(options);
    this.#env = options.env ?? platformEnv();
    this.#log = options.log ?? console;
    const token = [...this.#env.randomBytes(9)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    this.id = options.id ?? `bus-${token.slice(0, 6)}`;
    const home: MessageHome = { id: this.id, idPrefix: `${token.slice(6)}-` };
    this.#clock = new CoarseClock(this.#env);
    this.#deadlines = new Deadlines(this.#env);
    this.#policies = new Policies(this.#settings);
    this.#logError = errorLog(this.#log, () => this.#env.now());
    this.#hooks = new KernelHooks((action) => this.#beforeStart(action));
    this.#compiled = noHooks();
    const report = (error: BusError): void => this.#report(error);
    const traffic: Traffic = { busy: 0, changes: 0 };
    const shared = {
      env: this.#env,
      clock: this.#clock,
      deadlines: this.#deadlines,
      ledger: this.#ledger,
      traffic,
      hooks: this.#compiled,
      report,
    };
    const endings = new Endings(shared);
    const slots = new Slots(this.#settings.limits.inFlight);
    const admission = new Admission({ ...shared, endings });
    const runner = new Runner({ ...shared, endings, slots, admission });
    const calls = new DirectCalls({ ...shared, endings, slots, runner });
    this.#slots = slots;
    this.#endings = endings;
    this.#admission = admission;
    this.#runner = runner;
    this.#owner = {
      id: this.id,
      traffic,
      remove: (endpoint, drain) => this.#remove(endpoint, drain),
      resume: (endpoint) => runner.drain(endpoint),
      drained: (endpoint) => endings.drained(endpoint),
    };
    const dispatcher = new Dispatcher({ ...shared, runner, calls });
    this.#dispatcher = dispatcher;
    this.#pipeline = new Pipeline({
      home,
      env: this.#env,
      clock: this.#clock,
      settings: this.#settings,
      routes: this.#routes,
      dispatcher,
      hooks: this.#compiled,
      gate: this.#gate,
      refusal: (topic, parent) => this.#refusal(topic, parent),
    });
    this.#plugins = new Plugins({
      host: (label, deps) => this.#host(label, deps),
      install: (key, value) => this.#install(key, value),
    });
    this.#compile([]);
  }

  use(...plugins: readonly AnyPlugin[]): this {
    this.#beforeStart('use');
    this.#plugins.add(plugins);
    this.#compile(this.#plugins.labels);
    return this;
  }

  async start(): Promise<this> {
    this.#beforeStart('start');
    this.#compile(this.#plugins.inOrder());
    this.state = 'starting';
    this.#gate.open = true;
    this.#starting = this.#startPlugins();
    await this.#starting;
    return this;
  }

  async stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stopOnce(atLeast(0, 'drainMs', options.drainMs ?? 5000));
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  handle(
    pattern: Pattern,
    handler: (message: Message) => unknown,
    options: HandleOptions = {},
  ): Subscription {
    return this.#addEndpoint({ concurrency: 100, ...options, pattern, handler, kinds: handled });
  }

  notify(topic: string, payload: unknown, options?: SendOptions): Promise<number> {
    return this.#pipeline.send('notification', topic, payload, options, undefined);
  }

  endpoints(pattern?: Pattern): readonly EndpointView[] {
    return this.#endpointsOf(pattern).map((endpoint) => endpoint.view());
  }

  inspect(): BusReport {
    const plugins: Record<string, object> = {};
    for (const label of this.#plugins.labels) plugins[label] = {};
    const links: unknown[] = [];
    for (const { plugin, fn } of this.#hooks.inspect.taps) {
      try {
        const report = fn();
        plugins[plugin] = { ...plugins[plugin], ...report };
        if ('links' in report && Array.isArray(report.links)) links.push(...report.links);
      } catch (error) {
        plugins[plugin] = { ...plugins[plugin], error: `${plugin} threw: ${textOf(error)}` };
      }
    }
    return {
      id: this.id,
      state: this.state,
      plugins,
      hooks: this.#hooks.plan(),
      endpoints: this.endpoints(),
      links,
      outcomes: this.#ledger.counts(this.#inFlight()),
    };
  }

  explain(topic: string, options: { readonly kind?: MessageKind } = {}): Explanation {
    const { kind = 'event' } = options;
    const fault = topicFault(topic, this.#settings.limits);
    if (fault !== undefined) {
      return { topic, kind, verdict: `refused: ${fault.code}, ${fault.message}`, endpoints: [] };
    }
    try {
      return explainRoute(this.#routes.peek(topic), kind, (candidates) =>
        this.#pipeline.preview(kind, topic, candidates),
      );
    } catch (error) {
      const { code, message } = error as BusError;
      return { topic, kind, verdict: `refused: ${code}, ${message}`, endpoints: [] };
    }
  }

  #addEndpoint(definition: EndpointDefinition): Endpoint {
    if (this.state === 'stopping' || this.state === 'stopped') throw closed(this.state);
    if (typeof definition.handler !== 'function') {
      throw busError(
        'BUS_OPTION_INVALID',
        `the handler for '${String(definition.pattern)}' is no function`,
        { option: 'handler', value: typeof definition.handler },
      );
    }
    const policy = this.#policies.of(definition);
    const { pattern, signal } = definition;
    const matcher = this.#compiled.claim(pattern);
    if (matcher === undefined) this.#exactOnly(pattern);
    const specificity = matcher?.specificity(pattern) ?? `${'0'.repeat(segmentsOf(pattern))}9`;
    const endpoint = new Endpoint(
      this.#owner,
      this.#sequence++,
      definition,
      policy,
      matcher,
      specificity,
    );
    if (signal?.aborted) {
      endpoint.state = 'stopped';
      definition.removed?.();
      return endpoint;
    }
    const refused = this.#compiled.admit(endpoint);
    if (refused !== undefined) throw refused;
    this.#routes.add(endpoint);
    endpoint.update();
    if (signal !== undefined) this.#stopBy(signal, endpoint);
    this.#tellOf('added', endpoint);
    return endpoint;
  }

  #remove(endpoint: Endpoint, drain: boolean): void {
    this.#routes.remove(endpoint);
    this.#listening.get(endpoint)?.();
    this.#listening.delete(endpoint);
    endpoint.state = drain ? 'draining' : 'stopped';
    endpoint.update();
    if (!drain) {
      const { pattern } = endpoint;
      const topic = String(pattern);
      this.#admission.dropWaiting(
        endpoint,
        'unsubscribed',
        busError('BUS_NO_ROUTE', `'${topic}' lost its handler before the message was handled`, {
          topic,
        }),
      );
    }
    if (endpoint.load > 0) {
      this.#leaving.add(endpoint);
      void this.#endings.drained(endpoint).then(() => {
        this.#leaving.delete(endpoint);
        endpoint.state = 'stopped';
      });
      // It may have been paused with messages waiting.
      if (drain) this.#runner.drain(endpoint);
    } else endpoint.state = 'stopped';
    endpoint.extras?.removed?.();
    if (this.state !== 'stopped') this.#tellOf('removed', endpoint);
  }

  /** Counted where the messages are, so that the ledger can be checked against it. */
  #inFlight(): number {
    let inFlight = this.#slots.onStack;
    for (const endpoint of this.#routes.all) inFlight += endpoint.load;
    for (const endpoint of this.#leaving) inFlight += endpoint.load;
    return inFlight;
  }

  #endpointsOf(pattern: Pattern | undefined): readonly Endpoint[] {
    const all = [...this.#routes.all];
    if (pattern === undefined) return all;
    return all.filter((endpoint) => String(endpoint.pattern) === String(pattern));
  }

  #host(label: string, deps: object): Host {
    const pipeline = this.#pipeline;
    return {
      busId: this.id,
      env: this.#env,
      limits: this.#settings.limits,
      defaultTimeoutMs: this.#settings.defaultTimeoutMs,
      log: this.#log,
      hooks: this.#hooks.of(label),
      deps,
      send: (kind, topic, payload, options, extras) =>
        pipeline.send(kind, topic, payload, options, extras),
      channel: (kind, topic, options) => pipeline.channel(kind, topic, options),
      receive: (kind, topic, payload, fields, extras) =>
        pipeline.receive(kind, topic, payload, fields, extras),
      emit: (topic, payload) => pipeline.emit(topic, payload),
      addEndpoint: (definition) => this.#addEndpoint(definition),
      endpoints: (pattern) => this.#endpointsOf(pattern),
      report: (error) => this.#report(error),
    };
  }

  #install(key: string, value: unknown): boolean {
    if (key in this) return false;
    Object.defineProperty(this, key, { value, enumerable: true });
    return true;
  }

  #compile(order: readonly string[]): void {
    this.#hooks.compile(this.#compiled, order, {
      dispatch: this.#dispatcher.passOn,
      deliver: this.#runner.handle,
      isHandlers: this.#runner.isHandlers,
      fault: (error) => this.#logError(error as AnyBusError),
    });
  }

  async #startPlugins(): Promise<void> {
    const { start, stop } = this.#hooks;
    const started = new Set<string>();
    try {
      await startAll(start.taps, this.#settings.startTimeoutMs, this.#env, started);
    } catch (error) {
      this.#gate.open = false;
      const undo = stop.taps.filter(({ plugin }) => started.has(plugin));
      const alsoFailed = await stopAll(undo, this.#settings.startTimeoutMs, this.#env);
      if (alsoFailed !== undefined) this.#report(alsoFailed);
      this.#end();
      throw error;
    }
    this.state = 'running';
  }

  async #stopOnce(drainMs: number): Promise<void> {
    await this.#starting.catch(() => undefined);
    if (this.state === 'stopped') return;
    const wasRunning = this.state === 'running';
    this.state = 'stopping';
    this.#gate.open = false;
    let failed: BusError | undefined;
    if (wasRunning) {
      await this.#drain(drainMs);
      failed = await stopAll(this.#hooks.stop.taps, this.#settings.startTimeoutMs, this.#env);
    }
    this.#end();
    if (failed !== undefined) throw failed;
  }

  async #drain(drainMs: number): Promise<void> {
    let timer: unknown;
    const late = new Promise<true>((resolve) => {
      timer = this.#env.setTimer(() => resolve(true), drainMs);
    });
    const busy = (): Endpoint[] =>
      [...this.#routes.all, ...this.#leaving].filter((endpoint) => endpoint.load > 0);
    for (let left = busy(); left.length > 0; left = busy()) {
      const idle = Promise.all(left.map((endpoint) => this.#endings.drained(endpoint)));
      if ((await Promise.race([idle, late])) === true) break;
    }
    this.#env.clearTimer(timer);
  }

  /** Nothing is left behind: what still waits or runs gets its outcome, and no timer stays. */
  #end(): void {
    const error = closed('stopped');
    this.state = 'stopped';
    for (const endpoint of [...this.#routes.all, ...this.#leaving]) {
      this.#admission.dropWaiting(endpoint, 'closed', error);
    }
    this.#runner.cancelRunning(error);
    for (const endpoint of [...this.#routes.all]) this.#remove(endpoint, false);
    this.#deadlines.stop();
    this.#clock.stop();
  }

  #beforeStart(action: string): void {
    if (this.state === 'idle') return;
    if (this.state === 'stopping' || this.state === 'stopped') throw closed(this.state);
    throw busError(
      'BUS_ALREADY_STARTED',
      `the bus '${this.id}' has started, which is too late for ${action}`,
      { action },
    );
  }

  #refusal(topic: string, parent: Message | undefined): BusError | undefined {
    if (this.state === 'idle') {
      return busError('BUS_NOT_STARTED', `'${topic}' was sent before bus.start()`, {
        state: this.state,
        topic,
      });
    }
    // A handler that is allowed to finish needs its own requests answered.
    const cause = parent ?? this.#env.context?.get();
    return this.state === 'stopping' && cause !== undefined ? undefined : closed(this.state, topic);
  }

  #report(error: BusError): void {
    this.#compiled.error(error as AnyBusError);
    this.#logError(error as AnyBusError);
  }

  #exactOnly(pattern: Pattern): void {
    const shown = String(pattern);
    const glob = typeof pattern !== 'string' || globSyntax.test(pattern);
    if (glob && (typeof pattern === 'string' || isRegExp(pattern))) {
      const routers = [...new Set(this.#hooks.claim.plan)];
      const has = routers.length === 0 ? 'no router is installed' : `installed: ${routers.join()}`;
      throw busError(
        'BUS_PATTERN_UNSUPPORTED',
        `no installed router reads pattern '${shown}' (${has}): install one that does, or write an exact topic`,
        { pattern: shown, routers },
      );
    }
    const fault = topicFault(pattern, this.#settings.limits);
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

  #tellOf(type: 'added' | 'removed', endpoint: Endpoint): void {
    this.#compiled.endpoint({ type, endpoint });
    if (this.#gate.open)
      this.#pipeline.emit(`$bus.endpoint.${type}`, { endpoint: endpoint.view() });
  }
}

function closed(state: string, topic?: string): BusError {
  const what = topic === undefined ? 'the bus' : `'${topic}' was sent, but the bus`;
  return busError('BUS_CLOSED', `${what} is ${state}`, {
    state,
    ...(topic === undefined ? undefined : { topic }),
  });
}

function segmentsOf(pattern: Pattern): number {
  return String(pattern).split('.').length;
}

function isRegExp(pattern: unknown): pattern is RegExp {
  return Object.prototype.toString.call(pattern) === '[object RegExp]';
}

function noHooks(): CompiledHooks {
  const nothing = (): undefined => undefined;
  return {
    outbound: undefined,
    inbound: undefined,
    select: undefined,
    dispatch: undefined,
    deliver: undefined,
    unrouted: undefined,
    outcome: undefined,
    timeEvery: false,
    endpoint: nothing,
    error: nothing,
    claim: nothing,
    admit: nothing,
  };
}
