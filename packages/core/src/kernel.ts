import { Admission } from './admission.ts';
import type { BusState, HandleOptions, StopOptions } from './bus.ts';
import { CoarseClock } from './clock.ts';
import type { Context } from './context.ts';
import { Deadlines } from './deadlines.ts';
import { DirectCalls } from './direct-calls.ts';
import { Dispatcher } from './dispatcher.ts';
import { Endings } from './endings.ts';
import type { EndpointView } from './endpoint-view.ts';
import { Endpoints } from './endpoints.ts';
import type { Message, MessageKind, SendOptions } from './envelope.ts';
import type { AnyBusError } from './errors.ts';
import type { Explanation } from './explain.ts';
import { explain } from './explain.ts';
import { Gate } from './gate.ts';
import { HandlerCalls } from './handler-calls.ts';
import { hostsOf } from './host.ts';
import { Inbound } from './inbound.ts';
import type { BusReport } from './inspect.ts';
import { reportOf } from './inspect.ts';
import type { HookEnds } from './kernel-hooks.ts';
import { KernelHooks } from './kernel-hooks.ts';
import { Lifecycle } from './lifecycle.ts';
import { errorLog } from './log.ts';
import { optionInvalid } from './option-checks.ts';
import type { BusOptions } from './options.ts';
import { settingsOf } from './options.ts';
import { Ledger } from './outcomes.ts';
import { Pipeline } from './pipeline.ts';
import { platformEnv } from './platform.ts';
import type { AnyPlugin } from './plugin.ts';
import { Plugins } from './plugins.ts';
import { Routes } from './routes.ts';
import { Runner } from './runner.ts';
import { Slots } from './slots.ts';
import type { Subscription } from './subscription.ts';
import type { Pattern } from './syntax.ts';
import { Targeting } from './targeting.ts';
import { Timing } from './timing.ts';

const handled: readonly MessageKind[] = ['request', 'notification'];

/** The bus behind its types: puts the parts together and owns what they share. */
export class Kernel {
  readonly id: string;
  readonly #context: Context;
  readonly #endpoints: Endpoints;
  readonly #pipeline: Pipeline;
  readonly #lifecycle: Lifecycle;
  readonly #plugins: Plugins;
  /** What the taps are folded around. */
  readonly #ends: HookEnds;

  constructor(options: BusOptions) {
    const settings = settingsOf(options);
    const { env = platformEnv(), log = console } = options;
    const token = [...env.randomBytes(9)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    this.id = options.id ?? `bus-${token.slice(0, 6)}`;
    const logError = errorLog(log, env);
    const gate = new Gate(this.id, env);
    const clock = new CoarseClock(env);
    const hooks = new KernelHooks(gate);
    const context: Context = {
      home: { id: this.id, idPrefix: `${token.slice(6)}-` },
      env,
      clock,
      deadlines: new Deadlines(env),
      settings,
      routes: new Routes(),
      ledger: new Ledger(),
      traffic: { busy: 0, changes: 0 },
      slots: new Slots(settings.limits.inFlight),
      hooks,
      calls: new HandlerCalls(env, hooks),
      timing: new Timing(hooks, clock),
      gate,
      report: (error) => {
        hooks.error?.(error as AnyBusError);
        logError(error);
      },
    };
    this.#context = context;
    const endings = new Endings(context);
    const admission = new Admission(context, endings);
    const runner = new Runner(context, endings, admission);
    const direct = new DirectCalls(context, endings, runner);
    const dispatcher = new Dispatcher(context, endings, runner, direct);
    const targeting = new Targeting(context, dispatcher);
    const pipeline = new Pipeline(context, dispatcher, targeting);
    this.#pipeline = pipeline;
    const endpoints = new Endpoints(context, endings, admission, runner, (type, endpoint) => {
      if (context.gate.open) pipeline.emit(`$bus.endpoint.${type}`, { endpoint: endpoint.view() });
    });
    this.#endpoints = endpoints;
    this.#lifecycle = new Lifecycle(context, endpoints);
    const inbound = new Inbound(context, dispatcher, targeting);
    this.#plugins = new Plugins(
      this,
      hostsOf(context, log, pipeline, inbound, endpoints, (token) => this.#plugins.apiOf(token)),
    );
    const { calls, report } = context;
    this.#ends = {
      send: pipeline.sendUntapped,
      refuse: pipeline.refuse,
      dispatch: dispatcher.passOn,
      deliver: calls.handle,
      isHandlers: calls.isHandlers,
      report,
      fault: logError,
    };
    hooks.compile([], this.#ends);
  }

  get state(): BusState {
    return this.#context.gate.state;
  }

  use(...plugins: readonly AnyPlugin[]): this {
    this.#context.gate.beforeStart('use');
    this.#plugins.add(plugins);
    this.#context.hooks.compile(this.#plugins.labels, this.#ends);
    return this;
  }

  async start(): Promise<this> {
    this.#context.gate.beforeStart('start');
    this.#context.hooks.compile(this.#plugins.inOrder(), this.#ends);
    await this.#lifecycle.start();
    return this;
  }

  stop(options: StopOptions = {}): Promise<void> {
    return this.#lifecycle.stop(options.drainMs ?? 5000);
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
    return this.#endpoints.add(
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
    return reportOf(this.#context, this.#plugins.labels, this.#endpoints);
  }

  explain(topic: string, { kind = 'event' }: { readonly kind?: MessageKind } = {}): Explanation {
    return explain(this.#context, topic, kind, (candidates) =>
      this.#pipeline.preview(kind, topic, candidates),
    );
  }
}
