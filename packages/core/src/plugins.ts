import type { BusError } from './errors.ts';
import { busError, textOf } from './errors.ts';
import { capabilityFault, conflict, orderPlugins } from './plan.ts';
import type { AnyPlugin, Host } from './plugin.ts';

/** What the kernel gives each plugin, and where what it returns goes. */
export interface PluginSite {
  host(label: string, deps: object): Host;
  /** Puts one member of a plugin's API on the bus; false where the name is taken. */
  install(key: string, value: unknown): boolean;
}

/** The plugins of one bus: set up as soon as what they need is there, checked as a whole at start. */
export class Plugins {
  readonly #site: PluginSite;
  readonly #installed: AnyPlugin[] = [];
  readonly #labels = new Map<AnyPlugin, string>();
  readonly #apis = new Map<string, object>();
  readonly #owners = new Map<string, string>();
  #fault: BusError | undefined;

  constructor(site: PluginSite) {
    this.#site = site;
  }

  get labels(): readonly string[] {
    return [...this.#labels.values()];
  }

  add(plugins: readonly AnyPlugin[]): void {
    this.#installed.push(...plugins);
    let before = -1;
    while (before !== this.#labels.size) {
      before = this.#labels.size;
      for (const plugin of this.#installed) if (this.#isReady(plugin)) this.#setUp(plugin);
    }
  }

  /**
   * The labels of all plugins in the order they start.
   * @throws BUS_CAPABILITY_MISSING, BUS_CAPABILITY_CONFLICT, BUS_DEPENDENCY_CYCLE
   */
  inOrder(): readonly string[] {
    const fault = this.#fault ?? capabilityFault(this.#installed);
    if (fault !== undefined) throw fault;
    return orderPlugins(this.#installed).map((plugin) => this.#labels.get(plugin) ?? plugin.name);
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
    const api = this.#apiOf(plugin, label, deps);
    if (plugin.provides !== undefined) this.#apis.set(plugin.provides, api);
    for (const [key, value] of Object.entries(api)) {
      if (this.#site.install(key, value)) this.#owners.set(key, label);
      else {
        const owner = this.#owners.get(key) ?? '@bus/core';
        this.#fault ??= conflict(`'bus.${key}'`, key, owner, label);
      }
    }
  }

  #apiOf(plugin: AnyPlugin, label: string, deps: object): object {
    let cause: unknown;
    try {
      const api = plugin.setup(this.#site.host(label, deps)) ?? {};
      if (typeof api === 'object' && !('then' in api)) return api;
      cause = new TypeError('setup returned no API; async work belongs in the start hook');
    } catch (error) {
      cause = error;
    }
    const message = `plugin '${label}' failed in setup: ${textOf(cause)}`;
    this.#fault = busError('BUS_PLUGIN_START_FAILED', message, { plugin: label }, cause);
    throw this.#fault;
  }

  /** One name per installation, since some plugins are installed several times. */
  #label(name: string): string {
    const taken = this.labels;
    let label = name;
    for (let count = 2; taken.includes(label); count++) label = `${name}#${count}`;
    return label;
  }
}
