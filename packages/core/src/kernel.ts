import { Admission } from './admission.ts';
import type { BusState, HandleOptions, StopOptions } from './bus.ts';
import { CoarseClock } from './clock.ts';
import { Deadlines } from './deadlines.ts';
import { DirectCalls } from './direct-calls.ts';
import { Dispatcher } from './dispatcher.ts';
import { Endings } from './endings.ts';
import type {
  Endpoint,
  EndpointDefinition,
  EndpointView,
  Subscription,
  Traffic,
} from './endpoint.ts';
import { Endpoints } from './endpoints.ts';
import type { Env } from './env.ts';
import type { Message, MessageKind, SendOptions } from './envelope.ts';
import type { AnyBusError } from './errors.ts';
import { type BusError, busError, textOf } from './errors.ts';
import { hookFailed } from './hooks.ts';
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
import { Routes } from './routes.ts';
import { Runner } from './runner.ts';
import { Slots } from './slots.ts';
import type { Pattern } from './syntax.ts';
import { topicFault } from './topic.ts';

const handled: readonly MessageKind[] = ['request', 'notification'];

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
  readonly #hooks: KernelHooks;
  readonly #compiled: CompiledHooks;
  readonly #endpoints: Endpoints;
  readonly #runner: Runner;
  readonly #dispatcher: Dispatcher;
  readonly #pipeline: Pipeline;
  readonly #plugins: Plugins;
  readonly #logError: (error: AnyBusError) => void;
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
    this.#runner = runner;
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
    this.#endpoints = new Endpoints({
      ...shared,
      id: this.id,
      settings: this.#settings,
      routes: this.#routes,
      slots,
      admission,
      endings,
      runner,
      routers: () => [...new Set(this.#hooks.claim.plan)],
      announce: (type, endpoint) => {
        if (!this.#gate.open) return;
        this.#pipeline.emit(`$bus.endpoint.${type}`, { endpoint: endpoint.view() });
      },
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
    return this.#endpoints.of(pattern).map((endpoint) => endpoint.view());
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
      outcomes: this.#ledger.counts(this.#endpoints.inFlight),
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
      const { code, message } = this.#compiled.blame('select', error);
      return { topic, kind, verdict: `refused: ${code}, ${message}`, endpoints: [] };
    }
  }

  #addEndpoint(definition: EndpointDefinition): Endpoint {
    if (this.state === 'stopping' || this.state === 'stopped') throw closed(this.state);
    return this.#endpoints.add(definition);
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
      endpoints: (pattern) => this.#endpoints.of(pattern),
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
      await this.#endpoints.drain(drainMs);
      failed = await stopAll(this.#hooks.stop.taps, this.#settings.startTimeoutMs, this.#env);
    }
    this.#end();
    if (failed !== undefined) throw failed;
  }

  /** Nothing is left behind: what still waits or runs gets its outcome, and no timer stays. */
  #end(): void {
    const error = closed('stopped');
    this.state = 'stopped';
    this.#endpoints.close(error);
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
}

function closed(state: string, topic?: string): BusError {
  const what = topic === undefined ? 'the bus' : `'${topic}' was sent, but the bus`;
  return busError('BUS_CLOSED', `${what} is ${state}`, {
    state,
    ...(topic === undefined ? undefined : { topic }),
  });
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
    blame: (hook, error) => hookFailed(hook, 'unknown', error),
    endpoint: nothing,
    error: nothing,
    claim: nothing,
    admit: nothing,
  };
}
