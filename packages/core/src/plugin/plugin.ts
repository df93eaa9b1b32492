import type { Capability, CapabilityToken, OwnApi } from '../contract/capability.ts';
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
