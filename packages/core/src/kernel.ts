import { Admission } from './admission.ts';
import type { BusState, HandleOptions, StopOptions } from './bus.ts';
import { CoarseClock } from './clock.ts';
import type { Context } from './context.ts';
import { Deadlines } from './deadlines.ts';
import { DirectCalls } from './direct-calls.ts';
import { Dispatcher } from './dispatcher.ts';
import { Endings } from './endings.ts';
import type { Endpoint, EndpointDefinition, EndpointView, Subscription } from './endpoint.ts';
import { Endpoints } from './endpoints.ts';
import type { Message, MessageKind, SendOptions } from './envelope.ts';
import type { AnyBusError } from './errors.ts';
import { type BusError, busError, textOf } from './errors.ts';
import { hookFailed } from './hooks.ts';
import { Inbound } from './inbound.ts';
import type { BusReport, Explanation } from './inspect.ts';
import { explainRoute } from './inspect.ts';
import { KernelHooks } from './kernel-hooks.ts';
import { startAll, stopAll } from './lifecycle.ts';
import type { Logger } from './log.ts';
import { errorLog } from './log.ts';
import type { Measurement } from './measurement.ts';
import type { BusMessage } from './message.ts';
import { MessageTraits } from './message.ts';
import { atLeast, optionInvalid } from './option-checks.ts';
import type { BusOptions } from './options.ts';
import { settingsOf } from './options.ts';
import { Ledger } from './outcomes.ts';
import { Pipeline } from './pipeline.ts';
import { platformEnv } from './platform.ts';
import type { AnyPlugin, Host } from './plugin.ts';
import { Plugins } from './plugins.ts';
import { Routes } from './routes.ts';
import { Runner } from './runner.ts';
import { Slots } from './slots.ts';
import type { Pattern } from './syntax.ts';
import { Targeting } from './targeting.ts';
import { topicFault } from './topic.ts';

const handled: readonly MessageKind[] = ['request', 'notification'];

/** The bus behind its types: puts the parts together and owns what they share. */
export class Kernel {
  readonly id: string;
  state: BusState = 'idle';
  readonly #log: Logger;
  readonly #context: Context;
  readonly #endpoints: Endpoints;
  readonly #runner: Runner;
  readonly #dispatcher: Dispatcher;
  readonly #pipeline: Pipeline;
  readonly #inbound: Inbound;
  readonly #plugins: Plugins;
  readonly #logError: (error: AnyBusError) => void;
  #starting: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(options: BusOptions) {
    const settings = settingsOf(options);
    const { env = platformEnv(), log = console } = options;
    const token = [...env.randomBytes(9)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    this.id = options.id ?? `bus-${token.slice(0, 6)}`;
    this.#log = log;
    this.#logError = errorLog(log, () => env.now());
    const context: Context = {
      home: { id: this.id, idPrefix: `${token.slice(6)}-` },
      env,
      clock: new CoarseClock(env),
      deadlines: new Deadlines(env),
      settings,
      routes: new Routes(),
      ledger: new Ledger(),
      traffic: { busy: 0, changes: 0 },
      slots: new Slots(settings.limits.inFlight),
      hooks: new KernelHooks((action) => this.#beforeStart(action)),
      gate: { open: false },
      refusal: (topic, parent) => this.#refusal(topic, parent),
      report: (error) => this.#report(error),
    };
    this.#context = context;
    const endings = new Endings(context);
    const admission = new Admission(context, endings);
    const runner = new Runner(context, endings, admission);
    const calls = new DirectCalls(context, endings, runner);
    const dispatcher = new Dispatcher(context, endings, runner, calls);
    const targeting = new Targeting(context, dispatcher);
    const pipeline = new Pipeline(context, dispatcher, targeting);
    this.#runner = runner;
    this.#dispatcher = dispatcher;
    this.#pipeline = pipeline;
    this.#inbound = new Inbound(context, dispatcher, targeting);
    this.#endpoints = new Endpoints(context, endings, admission, runner, (type, endpoint) => {
      if (context.gate.open) pipeline.emit(`$bus.endpoint.${type}`, { endpoint: endpoint.view() });
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
    this.#context.gate.open = true;
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
    second: ((message: Message) => unknown) | HandleOptions,
    third: ((message: Message) => unknown) | HandleOptions = {},
  ): Subscription {
    // Overloads that plugins add take their options first.
    const turned = typeof second === 'object' && typeof third === 'function';
    const [handler, options] = turned ? [third, second] : [second, third];
    if (typeof options === 'function') throw optionInvalid('options', options, 'an object');
    const { name, priority, concurrency = 100, capacity, overflow, ...more } = options ?? {};
    const { balance, timeoutMs, signal, ...asked } = more;
    return this.#addEndpoint(
      {
        name,
        priority,
        concurrency,
        capacity,
        overflow,
        balance,
        timeoutMs,
        signal,
        pattern,
        handler: handler as (message: Message) => unknown,
        kinds: handled,
        asked,
      },
      '@bus/core',
    );
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
    for (const { plugin, fn } of this.#context.hooks.taps.inspect) {
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
      hooks: this.#context.hooks.plan(),
      endpoints: this.endpoints(),
      links,
      outcomes: this.#context.ledger.counts(this.#endpoints.inFlight),
    };
  }

  explain(topic: string, options: { readonly kind?: MessageKind } = {}): Explanation {
    const { kind = 'event' } = options;
    const { routes, settings } = this.#context;
    try {
      const fault = topicFault(topic, settings.limits);
      if (fault !== undefined) throw fault;
      return explainRoute(routes.peek(topic), kind, (candidates) =>
        this.#pipeline.preview(kind, topic, candidates),
      );
    } catch (error) {
      const { code, message } = this.#context.hooks.blame('select', error);
      return { topic, kind, verdict: `refused: ${code}, ${message}`, endpoints: [] };
    }
  }

  #addEndpoint(definition: EndpointDefinition, addedBy: string): Endpoint {
    if (this.state === 'stopping' || this.state === 'stopped') throw closed(this.state);
    return this.#endpoints.add(definition, addedBy);
  }

  #host(label: string, deps: object): Host {
    const pipeline = this.#pipeline;
    const { env, settings, hooks } = this.#context;
    const { limits, defaultTimeoutMs } = settings;
    return {
      busId: this.id,
      env,
      limits,
      defaultTimeoutMs,
      log: this.#log,
      hooks: hooks.of(label),
      deps,
      send: (kind, topic, payload, options, extras) =>
        pipeline.send(kind, topic, payload, options, extras),
      channel: (kind, topic, options) => pipeline.channel(kind, topic, options),
      receive: (kind, topic, payload, fields, extras) =>
        this.#inbound.receive(kind, topic, payload, fields, extras),
      traits: (kind, fields) => new MessageTraits(this.#context.home, kind, fields, undefined),
      cancel: (message, reason) => pipeline.cancel(message as BusMessage, reason),
      find: (token) => this.#plugins.apiOf(token),
      emit: (topic, payload) => pipeline.emit(topic, payload),
      addEndpoint: (definition) => this.#addEndpoint(definition, label),
      endpoints: (pattern) => this.#endpoints.of(pattern),
      report: (error) => this.#report(error),
      peerChanged: (change) => hooks.peer?.(change),
      measurements: () => this.#measurements(),
      timeEveryRun: () => this.#timeEveryRun(),
    };
  }

  /** One plugin that cannot say its figures does not keep the others' from being shown. */
  #measurements(): readonly Measurement[] {
    return this.#context.hooks.taps.measure.flatMap((tap) => {
      try {
        return tap.fn();
      } catch (error) {
        this.#report(hookFailed(tap, error));
        return [];
      }
    });
  }

  #timeEveryRun(): () => void {
    const { hooks } = this.#context;
    let on = true;
    hooks.timeEvery++;
    return () => {
      if (on) hooks.timeEvery--;
      on = false;
    };
  }

  #install(key: string, value: unknown): boolean {
    if (key in this) return false;
    Object.defineProperty(this, key, { value, enumerable: true });
    return true;
  }

  #compile(order: readonly string[]): void {
    this.#context.hooks.compile(order, {
      send: {
        send: this.#pipeline.sendUntapped,
        refuse: this.#pipeline.refuse,
        report: (error) => this.#report(error),
      },
      dispatch: this.#dispatcher.passOn,
      deliver: this.#runner.handle,
      isHandlers: this.#runner.isHandlers,
      fault: (error) => this.#logError(error as AnyBusError),
    });
  }

  async #startPlugins(): Promise<void> {
    const { hooks, env, gate, settings } = this.#context;
    const { start, stop } = hooks.taps;
    const { startTimeoutMs } = settings;
    const started = new Set<string>();
    try {
      await startAll(start, startTimeoutMs, env, started);
    } catch (error) {
      gate.open = false;
      const undo = stop.filter(({ plugin }) => started.has(plugin));
      const alsoFailed = await stopAll(undo, startTimeoutMs, env);
      if (alsoFailed !== undefined) this.#report(alsoFailed);
      this.#end();
      throw error;
    }
    this.state = 'running';
  }

  async #stopOnce(drainMs: number): Promise<void> {
    const { hooks, env, gate, settings } = this.#context;
    await this.#starting.catch(() => undefined);
    if (this.state === 'stopped') return;
    const wasRunning = this.state === 'running';
    this.state = 'stopping';
    if (wasRunning && drainMs > 0 && hooks.taps.leave.length > 0) {
      const alsoFailed = await stopAll(hooks.taps.leave, drainMs, env);
      if (alsoFailed !== undefined) this.#report(alsoFailed);
    }
    gate.open = false;
    let failed: BusError | undefined;
    if (wasRunning) {
      await this.#endpoints.drain(drainMs).catch(() => undefined);
      failed = await stopAll(hooks.taps.stop, settings.startTimeoutMs, env);
    }
    this.#end();
    if (failed !== undefined) throw failed;
  }

  /** Nothing is left behind: what still waits or runs gets its outcome, and no timer stays. */
  #end(): void {
    const error = closed('stopped');
    this.state = 'stopped';
    this.#endpoints.close(error);
    this.#context.deadlines.stop();
    this.#context.clock.stop();
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
    const cause = parent ?? this.#context.env.context?.get();
    return this.state === 'stopping' && cause !== undefined ? undefined : closed(this.state, topic);
  }

  #report(error: BusError): void {
    this.#context.hooks.error?.(error as AnyBusError);
    this.#logError(error as AnyBusError);
  }
}

function closed(state: string, topic?: string): BusError {
  if (topic === undefined) return busError('BUS_CLOSED', `the bus is ${state}`, { state });
  const text = `'${topic}' was sent, but the bus is ${state}`;
  return busError('BUS_CLOSED', text, { state, topic });
}
