import type { Capability, CapabilityToken, OwnApi } from '../contract.ts';
import { type BusError, busError } from '../errors.ts';
import { startFailed } from '../lifecycle.ts';
import { optionInvalid } from '../options.ts';
import type { Host } from './host.ts';

/** A plugin as `use` takes it; made by {@link definePlugin}. */
export interface Plugin<P extends Capability = never, R extends Capability = never> {
  /** The npm package name; shown in errors and reports. */
  readonly name: string;
  /** The capability it provides, by name. */
  readonly provides: string | undefined;
  /** Capabilities that must be installed, and are set up and started before it. */
  readonly requires: readonly string[];
  /** Capabilities that start and tap before it, where they are installed. */
  readonly after: readonly string[];
  /** Called once, when all it requires has been set up; what it returns goes on the bus. */
  // biome-ignore lint/suspicious/noExplicitAny: the host's type is settled where the plugin is defined
  setup(host: Host<any>): unknown;
  /** Carries the types; never set. */
  readonly '~types'?: { readonly provides: P; readonly requires: R };
}

/** Any plugin, where its types do not matter. */
// biome-ignore lint/suspicious/noExplicitAny: `Plugin` is invariant in both
export type AnyPlugin = Plugin<any, any>;

/** The capability a plugin type provides. */
export type ProvidesOf<T> = T extends {
  readonly '~types'?: { readonly provides: infer P extends Capability };
}
  ? P
  : never;

/** The capabilities a plugin type needs. */
export type RequiresOf<T> = T extends {
  readonly '~types'?: { readonly requires: infer R extends Capability };
}
  ? R
  : never;

/** What a plugin's author writes. */
export interface PluginDefinition<P extends Capability, R extends Capability> {
  /** The npm package name; shown in errors and in `bus.inspect()`. */
  readonly name: string;
  /** The capability whose API `setup` returns; leave it out where there is none. */
  readonly provides?: CapabilityToken<P>;
  /** Must be installed, and is set up and started before this plugin. */
  readonly requires?: readonly CapabilityToken<R>[];
  /** Ordering only, when the named capability happens to be installed. */
  readonly after?: readonly string[];
  /** Synchronous: register taps, return the API. Async work belongs in the `start` hook. */
  setup(host: Host<R>): [P] extends [never] ? undefined : OwnApi<P>;
}

/**
 * Makes a plugin of its definition.
 *
 * @example
 * ```ts
 * export function countOutcomes(): Plugin {
 *   return definePlugin({
 *     name: 'count-outcomes',
 *     setup(host) {
 *       const counts: Record<string, number> = {};
 *       host.hooks.outcome.tap((_message, _endpoint, outcome) => {
 *         counts[outcome] = (counts[outcome] ?? 0) + 1;
 *         return undefined;
 *       });
 *       host.hooks.inspect.tap(() => counts);
 *       return undefined;
 *     },
 *   });
 * }
 * ```
 */
export function definePlugin<P extends Capability = never, R extends Capability = never>(
  definition: PluginDefinition<P, R>,
): Plugin<P, R> {
  const { name, provides, requires = [], after = [] } = definition;
  return {
    name,
    provides: provides?.name,
    requires: requires.map((token) => token.name),
    after,
    setup: (host) => definition.setup(host),
  };
}

/** The plugins of one bus: set up as soon as what they need is there, checked as a whole at start. */
export interface Plugins {
  /** One name per installation, in the order they were set up. */
  labels(): readonly string[];
  /** Installs plugins; the members of their APIs go on the bus. */
  add(bus: object, plugins: readonly AnyPlugin[]): void;
  /**
   * The labels of all plugins in the order they start and tap: install order, moved only as far as
   * `requires` and `after` ask for.
   * @throws BUS_CAPABILITY_MISSING, BUS_CAPABILITY_CONFLICT, BUS_DEPENDENCY_CYCLE
   */
  inOrder(): readonly string[];
  /** The API of a capability, if a plugin that provides it is installed. */
  readonly apiOf: Host['find'];
}

export function pluginsOf(hostOf: (label: string, deps: object) => Host): Plugins {
  const installed = new Set<AnyPlugin>();
  /** Of those that have been set up. */
  const labels = new Map<AnyPlugin, string>();
  const providers = new Map<string, AnyPlugin>();
  const apis = new Map<string, object>();
  /** By member of the bus, the label of the plugin that brought it. */
  const owners = new Map<string, string>();
  /** The first thing that was wrong; reported by the start. */
  let fault: BusError | undefined;

  const install = (plugin: AnyPlugin): void => {
    const { name, provides } = plugin;
    const other = installed.has(plugin) ? plugin : providers.get(provides ?? '');
    if (other !== undefined) {
      fault ??= conflict(provides ?? name, other.name, name);
      return;
    }
    installed.add(plugin);
    if (provides !== undefined) providers.set(provides, plugin);
  };

  const nextReady = (): AnyPlugin | undefined =>
    [...installed].find(
      (plugin) => !labels.has(plugin) && plugin.requires.every((name) => apis.has(name)),
    );

  const setUp = (plugin: AnyPlugin, bus: object): void => {
    const { name, provides, requires } = plugin;
    const taken = [...labels.values()];
    let label = name;
    for (let count = 2; taken.includes(label); count++) label = `${name}#${count}`;
    labels.set(plugin, label);
    const deps = Object.assign({}, ...requires.map((required) => apis.get(required)));
    let api: object;
    try {
      api = (plugin.setup(hostOf(label, deps)) as object | undefined) ?? {};
      if (typeof api !== 'object' || 'then' in api) {
        throw new TypeError('setup returned no API; async work belongs in the start hook');
      }
    } catch (cause) {
      fault = startFailed(label, 'in setup', cause);
      throw fault;
    }
    if (provides !== undefined) apis.set(provides, api);
    for (const [key, value] of Object.entries(api)) {
      if (key in bus) fault ??= conflict(key, owners.get(key) ?? '@bus/core', label);
      else {
        Object.defineProperty(bus, key, { value, enumerable: true });
        owners.set(key, label);
      }
    }
  };

  return {
    labels: () => [...labels.values()],
    apiOf: ({ name }) => apis.get(name) as never,
    add: (bus, plugins) => {
      plugins.forEach(checkPlugin);
      plugins.forEach(install);
      for (let next = nextReady(); next !== undefined; next = nextReady()) setUp(next, bus);
    },
    inOrder: () => {
      if (fault !== undefined) throw fault;
      const ordered = new Set<AnyPlugin>();
      const visit = (plugin: AnyPlugin, path: readonly AnyPlugin[]): void => {
        if (ordered.has(plugin)) return;
        if (path.includes(plugin)) throw cycle([...path.slice(path.indexOf(plugin)), plugin]);
        for (const name of [...plugin.requires, ...plugin.after]) {
          const provider = providers.get(name);
          if (provider !== undefined) visit(provider, [...path, plugin]);
          else if (plugin.requires.includes(name)) throw missing(name, plugin.name);
        }
        ordered.add(plugin);
      };
      for (const plugin of installed) visit(plugin, []);
      return [...ordered].map((plugin) => labels.get(plugin) as string);
    },
  };
}

/** Refuses anything that is not a plugin, such as the function that makes one. */
function checkPlugin(plugin: unknown): void {
  if (typeof (plugin as AnyPlugin | undefined)?.setup === 'function') return;
  const name = typeof plugin === 'function' ? plugin.name : '';
  const wanted = name === '' ? 'a plugin, such as pubsub()' : `${name}(), with the parentheses`;
  throw optionInvalid('use', plugin, wanted);
}

function missing(capability: string, plugin: string): BusError {
  const text = `plugin '${plugin}' needs capability '${capability}': install a plugin that provides it`;
  return busError('BUS_CAPABILITY_MISSING', text, { capability, plugin });
}

function cycle(plugins: readonly AnyPlugin[]): BusError {
  const path = plugins.map((plugin) => plugin.name);
  const text = `plugins need each other in a circle: ${path.join(' → ')}; take out one 'requires' or 'after'`;
  return busError('BUS_DEPENDENCY_CYCLE', text, { path });
}

/** Two plugins want the same name, of a capability or of a member of the bus. */
function conflict(capability: string, one: string, two: string): BusError {
  const text = `'${capability}' is provided by '${one}' and by '${two}': install one of them, once`;
  return busError('BUS_CAPABILITY_CONFLICT', text, { capability, plugins: [one, two] });
}
