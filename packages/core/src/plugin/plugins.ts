import type { Capability, CapabilityToken, ErasedApi } from '../contract/capability.ts';
import { type BusError, busError } from '../errors.ts';
import { startFailed } from '../lifecycle.ts';
import { optionInvalid } from '../options.ts';
import type { Host } from './host.ts';
import type { AnyPlugin } from './plugin.ts';

/** The plugins of one bus: set up as soon as what they need is there, checked as a whole at start. */
export class Plugins {
  readonly #bus: object;
  readonly #hostOf: (label: string, deps: object) => Host;
  readonly #installed = new Set<AnyPlugin>();
  readonly #labels = new Map<AnyPlugin, string>();
  readonly #apis = new Map<string, object>();
  readonly #owners = new Map<string, string>();
  #fault: BusError | undefined;

  /** @param bus - gets the members of their APIs. */
  constructor(bus: object, hostOf: (label: string, deps: object) => Host) {
    this.#bus = bus;
    this.#hostOf = hostOf;
  }

  get labels(): readonly string[] {
    return [...this.#labels.values()];
  }

  add(plugins: readonly AnyPlugin[]): void {
    for (const plugin of plugins) checkPlugin(plugin);
    for (const plugin of plugins) {
      const { name, provides = name } = plugin;
      if (this.#installed.has(plugin)) {
        this.#fault ??= conflict(`plugin '${name}'`, provides, name, name);
      }
      this.#installed.add(plugin);
    }
    let before = -1;
    while (before !== this.#labels.size) {
      before = this.#labels.size;
      for (const plugin of this.#installed) if (this.#isReady(plugin)) this.#setUp(plugin);
    }
  }

  /**
   * The labels of all plugins in the order they start and tap: install order, moved only as far as
   * `requires` and `after` ask for.
   * @throws BUS_CAPABILITY_MISSING, BUS_CAPABILITY_CONFLICT, BUS_DEPENDENCY_CYCLE
   */
  inOrder(): readonly string[] {
    if (this.#fault !== undefined) throw this.#fault;
    const providers = this.#providers();
    const ordered = new Set<AnyPlugin>();
    const path: AnyPlugin[] = [];
    const visit = (plugin: AnyPlugin): void => {
      if (ordered.has(plugin)) return;
      if (path.includes(plugin)) throw cycle([...path.slice(path.indexOf(plugin)), plugin]);
      path.push(plugin);
      for (const name of [...plugin.requires, ...plugin.after]) {
        const provider = providers.get(name);
        if (provider !== undefined && provider !== plugin) visit(provider);
      }
      path.pop();
      ordered.add(plugin);
    };
    for (const plugin of this.#installed) visit(plugin);
    return [...ordered].map((plugin) => this.#labels.get(plugin) ?? plugin.name);
  }

  /** By capability, who provides it, if each is provided once and none is missing. */
  #providers(): ReadonlyMap<string, AnyPlugin> {
    const providers = new Map<string, AnyPlugin>();
    for (const plugin of this.#installed) {
      const { name, provides } = plugin;
      if (provides === undefined) continue;
      const other = providers.get(provides);
      if (other) throw conflict(`capability '${provides}'`, provides, other.name, name);
      providers.set(provides, plugin);
    }
    for (const { name, requires } of this.#installed) {
      const missing = requires.find((capability) => !providers.has(capability));
      if (missing === undefined) continue;
      throw busError(
        'BUS_CAPABILITY_MISSING',
        `plugin '${name}' needs capability '${missing}': install a plugin that provides it`,
        { capability: missing, plugin: name },
      );
    }
    return providers;
  }

  #isReady(plugin: AnyPlugin): boolean {
    return (
      !this.#labels.has(plugin) &&
      !(plugin.provides !== undefined && this.#apis.has(plugin.provides)) &&
      plugin.requires.every((capability) => this.#apis.has(capability))
    );
  }

  #setUp(plugin: AnyPlugin): void {
    const label = this.#label(plugin.name);
    this.#labels.set(plugin, label);
    const deps = Object.assign({}, ...plugin.requires.map((name) => this.#apis.get(name)));
    const api = this.#buildApi(plugin, label, deps);
    if (plugin.provides !== undefined) this.#apis.set(plugin.provides, api);
    for (const [key, value] of Object.entries(api)) {
      if (key in this.#bus) {
        const owner = this.#owners.get(key) ?? '@bus/core';
        this.#fault ??= conflict(`'bus.${key}'`, key, owner, label);
      } else {
        Object.defineProperty(this.#bus, key, { value, enumerable: true });
        this.#owners.set(key, label);
      }
    }
  }

  /** The API of a capability, if a plugin that provides it is installed. */
  readonly apiOf = <F extends Capability>(token: CapabilityToken<F>): ErasedApi<F> | undefined =>
    this.#apis.get(token.name) as ErasedApi<F> | undefined;

  #buildApi(plugin: AnyPlugin, label: string, deps: object): object {
    try {
      const api = plugin.setup(this.#hostOf(label, deps)) ?? {};
      if (typeof api === 'object' && !('then' in api)) return api;
      throw new TypeError('setup returned no API; async work belongs in the start hook');
    } catch (cause) {
      this.#fault = startFailed(label, 'in setup', cause);
      throw this.#fault;
    }
  }

  /** One name per installation, since some plugins are installed several times. */
  #label(name: string): string {
    const taken = this.labels;
    let label = name;
    for (let count = 2; taken.includes(label); count++) label = `${name}#${count}`;
    return label;
  }
}

/** Refuses anything that is not a plugin, such as the function that makes one. */
function checkPlugin(plugin: unknown): void {
  if (typeof (plugin as AnyPlugin | undefined)?.setup === 'function') return;
  const name = typeof plugin === 'function' ? plugin.name : '';
  const wanted = name === '' ? 'a plugin, such as pubsub()' : `${name}(), with the parentheses`;
  throw optionInvalid('use', plugin, wanted);
}

function cycle(plugins: readonly AnyPlugin[]): BusError {
  const path = plugins.map((plugin) => plugin.name);
  return busError(
    'BUS_DEPENDENCY_CYCLE',
    `plugins need each other in a circle: ${path.join(' → ')}; take out one 'requires' or 'after'`,
    { path },
  );
}

/** Two plugins want the same name. */
function conflict(what: string, capability: string, one: string, two: string): BusError {
  return busError(
    'BUS_CAPABILITY_CONFLICT',
    `${what} is provided by '${one}' and by '${two}': install one of them, once`,
    { capability, plugins: [one, two] },
  );
}
