import type { Pattern } from './contract.ts';
import { Deliverer } from './deliver.ts';
import { Dispatcher } from './dispatch.ts';
import type {
  Endpoint,
  EndpointDefinition,
  EndpointView,
  Subscription,
} from './endpoint/endpoint.ts';
import { Endpoints } from './endpoint/endpoints.ts';
import { coarseClock, platformEnv } from './env.ts';
import type { AnyBusError, BusError } from './errors.ts';
import { errorLog } from './errors.ts';
import type { BusReport, Explanation } from './inspect.ts';
import { explain, pluginReports } from './inspect.ts';
import type { BusState, StopOptions } from './lifecycle.ts';
import { Gate, lifecycleOf } from './lifecycle.ts';
import type { Message, MessageKind, SendOptions } from './message/envelope.ts';
import type { BusOptions } from './options.ts';
import { atLeast, checkOptions, optionInvalid, settingsOf } from './options.ts';
import { Deadlines } from './outcome/deadlines.ts';
import { Ledger } from './outcome/outcomes.ts';
import { SendPromises } from './outcome/results.ts';
import { hostOf } from './plugin/host.ts';
import type { AnyPlugin } from './plugin/plugins.ts';
import { type Plugins, pluginsOf } from './plugin/plugins.ts';
import { type HookEnds, KernelHooks } from './plugin/taps.ts';
import { Publisher } from './publish.ts';
import { Routes } from './route/routes.ts';

const handled: readonly MessageKind[] = ['request', 'notification'];

type Handler = (message: Message) => unknown;

/** The bus behind its types. */
export interface Kernel extends AsyncDisposable {
  readonly id: string;
  readonly state: BusState;
  use(...plugins: readonly AnyPlugin[]): Kernel;
  start(): Promise<Kernel>;
  stop(options?: StopOptions): Promise<void>;
  /** Overloads that plugins add take their options first. */
  handle(pattern: Pattern, second: Handler | object, third?: Handler | object): Subscription;
  notify(topic: string, payload: unknown, options?: SendOptions): Promise<number>;
  endpoints(pattern?: Pattern): readonly EndpointView[];
  inspect(): BusReport;
  explain(topic: string, options?: { readonly kind?: MessageKind }): Explanation;
}

/** Makes the parts of a bus, and gives each the parts it uses. */
export function kernelOf(options: BusOptions = {}): Kernel {
  const settings = settingsOf(options);
  const { env = platformEnv(), log = console } = options;
  const bytes = [...env.randomBytes(9)];
  const token = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const id = options.id ?? `bus-${token.slice(0, 6)}`;
  const home = { id, idPrefix: `${token.slice(6)}-` };

  const gate = new Gate();
  const hooks = new KernelHooks();
  const errors = errorLog(log, env);
  const report = (error: BusError, isWatched = false): void => {
    hooks.error?.(error as AnyBusError);
    if (!isWatched) errors.write(error);
  };
  const clock = coarseClock(env);
  const deadlines = new Deadlines(env);
  const promises = new SendPromises(env, errors.write);
  const ledger = new Ledger();
  const routes = new Routes();
  const common = { env, settings, gate, hooks, clock, ledger, routes, promises, report };
  const { inFlight } = settings.limits;
  const deliverer = new Deliverer({ ...common, home, deadlines, inFlight });
  const dispatcher = new Dispatcher({ ...common, deliverer });
  const publisher = new Publisher({ ...common, home, deadlines, deliverer, dispatcher });
  const announce = (type: 'added' | 'removed', endpoint: Endpoint): void =>
    publisher.emit(`$bus.endpoint.${type}`, { endpoint: endpoint.view() });
  const endpoints = new Endpoints({ ...common, id, deliverer, announce });
  const hostParts = { ...common, home, log, publisher, deliverer, endpoints };
  const plugins: Plugins = pluginsOf((label, deps) =>
    hostOf({ ...hostParts, find: plugins.apiOf }, label, deps),
  );
  const release = (): void => {
    for (const part of [deadlines, clock, errors]) part.stop();
  };
  const lifecycle = lifecycleOf({ ...common, endpoints, release });
  const ends: HookEnds = { publisher, dispatcher, deliverer, report, fault: errors.write };
  hooks.compile([], ends);

  const bus: Kernel = {
    id,

    get state() {
      return gate.state;
    },

    use(...added) {
      gate.beforeStart('use');
      plugins.add(bus, added);
      hooks.compile(plugins.labels(), ends);
      return bus;
    },

    async start() {
      gate.beforeStart('start');
      hooks.compile(plugins.inOrder(), ends);
      await lifecycle.start();
      return bus;
    },

    async stop(given = {}) {
      checkOptions('stop', given, ['drainMs']);
      return lifecycle.stop(atLeast(0, 'drainMs', given.drainMs ?? 5000));
    },

    [Symbol.asyncDispose]: () => bus.stop(),

    handle(pattern, second, third = {}) {
      const isTurned = typeof second === 'object' && typeof third === 'function';
      const [handler, given] = isTurned ? [third, second] : [second, third ?? {}];
      if (typeof given !== 'object') throw optionInvalid('options', given, 'an object');
      return endpoints.add(
        {
          ...(given as Partial<EndpointDefinition>),
          concurrency: (given as Partial<EndpointDefinition>).concurrency ?? 100,
          pattern,
          handler: handler as Handler,
          kinds: handled,
          asked: given as Readonly<Record<string, unknown>>,
        },
        '@bus/core',
      );
    },

    notify: (topic, payload, given) =>
      publisher.send('notification', topic, payload, given, undefined),

    endpoints: (pattern) => endpoints.of(pattern).map((endpoint) => endpoint.view()),

    inspect: () => ({
      id,
      state: gate.state,
      ...pluginReports(hooks, plugins.labels()),
      hooks: hooks.plan(),
      endpoints: bus.endpoints(),
      outcomes: ledger.counts(endpoints.inFlight),
    }),

    explain: (topic, { kind = 'event' } = {}) =>
      explain({ settings, routes, publisher }, topic, kind),
  };
  return bus;
}
