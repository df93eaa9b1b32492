import type { Pattern } from './contract/syntax.ts';
import { Deliverer } from './deliver.ts';
import type { EndpointView, Subscription } from './endpoint/endpoint.ts';
import { Endpoints } from './endpoint/endpoints.ts';
import { CoarseClock, platformEnv } from './env.ts';
import type { AnyBusError, BusError } from './errors.ts';
import { ErrorLog } from './errors.ts';
import type { BusReport, Explanation } from './inspect.ts';
import { explain, pluginReports } from './inspect.ts';
import type { BusState, StopOptions } from './lifecycle.ts';
import { Gate, Lifecycle } from './lifecycle.ts';
import type { Message, MessageKind, SendOptions } from './message/envelope.ts';
import { topicFault } from './message/topic.ts';
import type { BusOptions } from './options.ts';
import { atLeast, checkOptions, optionInvalid, settingsOf } from './options.ts';
import { Deadlines } from './outcome/deadlines.ts';
import { Ledger } from './outcome/outcomes.ts';
import { SendPromises } from './outcome/results.ts';
import { hostOf } from './plugin/host.ts';
import type { AnyPlugin } from './plugin/plugin.ts';
import { Plugins } from './plugin/plugins.ts';
import type { HookEnds } from './plugin/taps.ts';
import { KernelHooks } from './plugin/taps.ts';
import { Publisher } from './publish.ts';
import { Routes } from './route/routes.ts';

const handled: readonly MessageKind[] = ['request', 'notification'];
const drainMs = 5000;

/** The bus behind its types: makes the parts, and gives each the parts it uses. */
export class Kernel {
  readonly id: string;
  readonly #gate: Gate;
  readonly #hooks: KernelHooks;
  readonly #ledger = new Ledger();
  readonly #routes = new Routes();
  readonly #publisher: Publisher;
  readonly #endpoints: Endpoints;
  readonly #plugins: Plugins;
  readonly #lifecycle: Lifecycle;
  readonly #checkTopic: (topic: string) => void;
  /** The functions that taps are folded around. */
  readonly #ends: HookEnds;

  constructor(options: BusOptions = {}) {
    const settings = settingsOf(options);
    const { env = platformEnv(), log = console } = options;
    const { limits, startTimeoutMs } = settings;
    const bytes = [...env.randomBytes(9)];
    const token = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const id = options.id ?? `bus-${token.slice(0, 6)}`;
    const home = { id, idPrefix: `${token.slice(6)}-` };
    const gate = new Gate(id);
    const hooks = new KernelHooks((action) => gate.beforeStart(action));
    const errorLog = new ErrorLog(log, env);
    const fault = (error: BusError): void => errorLog.write(error);
    const report = (error: BusError, isWatched = false): void => {
      hooks.error?.(error as AnyBusError);
      if (!isWatched) fault(error);
    };
    const clock = new CoarseClock(env);
    const deadlines = new Deadlines(env);
    const promises = new SendPromises(env, fault);
    const ledger = this.#ledger;
    const routes = this.#routes;
    const common = { env, clock, ledger, hooks, gate, promises, report };
    const deliverer = new Deliverer({ ...common, deadlines, inFlight: limits.inFlight });
    const publisher = new Publisher({ ...common, home, settings, routes, deliverer });
    const endpoints = new Endpoints({
      id,
      settings,
      gate,
      hooks,
      routes,
      deliverer,
      report,
      announce: (type, endpoint) =>
        publisher.emit(`$bus.endpoint.${type}`, { endpoint: endpoint.view() }),
    });
    const plugins: Plugins = new Plugins(this, (label, deps) =>
      hostOf(
        {
          home,
          env,
          settings,
          log,
          hooks,
          publisher,
          deliverer,
          endpoints,
          report,
          find: plugins.apiOf,
        },
        label,
        deps,
      ),
    );
    const release = (): void => {
      deadlines.stop();
      clock.stop();
      errorLog.close();
    };
    this.id = id;
    this.#gate = gate;
    this.#hooks = hooks;
    this.#publisher = publisher;
    this.#endpoints = endpoints;
    this.#plugins = plugins;
    const { taps } = hooks;
    this.#lifecycle = new Lifecycle({
      env,
      gate,
      startTimeoutMs,
      taps,
      endpoints,
      report,
      release,
    });
    this.#checkTopic = (topic) => {
      const invalid = topicFault(topic, limits);
      if (invalid !== undefined) throw invalid;
    };
    this.#ends = {
      send: publisher.sendUntapped,
      refuse: publisher.refuse,
      dispatch: publisher.passOn,
      deliver: deliverer.runs.handle,
      isHandlers: deliverer.runs.isHandlers,
      report,
      fault,
    };
    hooks.compile([], this.#ends);
  }

  get state(): BusState {
    return this.#gate.state;
  }

  use(...plugins: readonly AnyPlugin[]): this {
    this.#gate.beforeStart('use');
    this.#plugins.add(plugins);
    this.#hooks.compile(this.#plugins.labels, this.#ends);
    return this;
  }

  async start(): Promise<this> {
    this.#gate.beforeStart('start');
    this.#hooks.compile(this.#plugins.inOrder(), this.#ends);
    await this.#lifecycle.start();
    return this;
  }

  async stop(options: StopOptions = {}): Promise<void> {
    checkOptions('stop', options, ['drainMs']);
    return this.#lifecycle.stop(atLeast(0, 'drainMs', options.drainMs ?? drainMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  handle(
    pattern: Pattern,
    second: ((message: Message) => unknown) | object,
    third: ((message: Message) => unknown) | object = {},
  ): Subscription {
    // Overloads that plugins add take their options first.
    const isTurned = typeof second === 'object' && typeof third === 'function';
    const [handler, given] = isTurned ? [third, second] : [second, third];
    const options = given ?? {};
    if (typeof options !== 'object') throw optionInvalid('options', options, 'an object');
    const {
      name,
      priority,
      concurrency,
      capacity,
      overflow,
      balance,
      timeoutMs,
      signal,
      ...asked
    } = options as Record<string, never>;
    return this.#endpoints.add(
      {
        name,
        priority,
        concurrency: concurrency ?? 100,
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
    return this.#publisher.send('notification', topic, payload, options, undefined);
  }

  endpoints(pattern?: Pattern): readonly EndpointView[] {
    return this.#endpoints.of(pattern).map((endpoint) => endpoint.view());
  }

  inspect(): BusReport {
    return {
      id: this.id,
      state: this.state,
      ...pluginReports(this.#hooks, this.#plugins.labels),
      hooks: this.#hooks.plan(),
      endpoints: this.endpoints(),
      outcomes: this.#ledger.counts(this.#endpoints.inFlight),
    };
  }

  explain(topic: string, { kind = 'event' }: { readonly kind?: MessageKind } = {}): Explanation {
    const find = () => {
      this.#checkTopic(topic);
      return this.#routes.find(topic);
    };
    return explain(topic, kind, find, (candidates) =>
      this.#publisher.preview(kind, topic, candidates),
    );
  }
}
