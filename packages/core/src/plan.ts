import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import type { AnyPlugin } from './plugin.ts';

/**
 * The order in which plugins are set up, started and tapped: install order, moved only as far as
 * `requires` and `after` ask for.
 */
export function orderPlugins(plugins: readonly AnyPlugin[]): readonly AnyPlugin[] {
  const providers = new Map<string, AnyPlugin>();
  for (const plugin of plugins) {
    if (plugin.provides !== undefined) providers.set(plugin.provides, plugin);
  }
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
  for (const plugin of plugins) visit(plugin);
  return [...ordered];
}

function cycle(plugins: readonly AnyPlugin[]): BusError {
  const path = plugins.map((plugin) => plugin.name);
  return busError(
    'BUS_DEPENDENCY_CYCLE',
    `plugins need each other in a circle: ${path.join(' → ')}; take one 'requires' or 'after' out of it, or split a plugin`,
    { path },
  );
}

/** The first capability that is missing, or provided twice. */
export function capabilityFault(plugins: readonly AnyPlugin[]): BusError | undefined {
  const twice = plugins.find((plugin, index) => plugins.indexOf(plugin) !== index);
  if (twice !== undefined) {
    const { name } = twice;
    return conflict(`plugin '${name}'`, twice.provides ?? name, name, name);
  }
  const providers = new Map<string, string>();
  for (const { name, provides } of plugins) {
    if (provides === undefined) continue;
    const other = providers.get(provides);
    if (other !== undefined) return conflict(`capability '${provides}'`, provides, other, name);
    providers.set(provides, name);
  }
  for (const { name, requires } of plugins) {
    const missing = requires.find((capability) => !providers.has(capability));
    if (missing !== undefined) {
      return busError(
        'BUS_CAPABILITY_MISSING',
        `plugin '${name}' needs capability '${missing}': install a plugin that provides it`,
        { capability: missing, plugin: name },
      );
    }
  }
  return undefined;
}

/** Two plugins want the same name. */
export function conflict(what: string, capability: string, one: string, two: string): BusError {
  return busError(
    'BUS_CAPABILITY_CONFLICT',
    `${what} is provided by '${one}' and by '${two}': install one of them, once`,
    { capability, plugins: [one, two] },
  );
}
