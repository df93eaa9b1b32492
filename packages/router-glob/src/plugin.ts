import type { Capability, CapabilityToken, Endpoint, Matcher, Pattern, Plugin } from '@bus/core';
import { capability, definePlugin, optionInvalid } from '@bus/core';
import { GlobIndex } from './glob-index.ts';
import { hasGlobSyntax, specificityOf } from './glob-pattern.ts';
import type { GlobSyntax, NocaseGlobSyntax } from './glob-syntax.ts';

/** The capability of {@link routerGlob}: adds glob patterns to what can be handled and subscribed. */
export interface GlobRouter extends Capability {
  /** What plugins that need it ask for. */
  readonly name: 'router-glob';
  /** How a pattern is typed. */
  readonly routes: GlobSyntax;
  /** It adds no method to the bus. */
  readonly api: object;
}

/** {@link GlobRouter} where upper and lower case are the same. */
export interface NocaseGlobRouter extends Capability {
  /** The same: plugins that need globs take either. */
  readonly name: 'router-glob';
  /** How a pattern is typed. */
  readonly routes: NocaseGlobSyntax;
  /** It adds no method to the bus. */
  readonly api: object;
}

/** Names the capability that {@link routerGlob} provides, for plugins that require it. */
export const GlobRouter: CapabilityToken<GlobRouter> = capability<GlobRouter>('router-glob');

const nocaseGlobRouter: CapabilityToken<NocaseGlobRouter> =
  capability<NocaseGlobRouter>('router-glob');

/** What {@link routerGlob} takes. */
export interface GlobOptions {
  /** Whether upper and lower case are the same, in patterns and topics. Default false. */
  readonly nocase?: boolean;
  /** How many topics the bus keeps routes for, a whole number. Default 4096, which is also the least. */
  readonly cache?: number;
}

class GlobMatcher implements Matcher {
  readonly name = '@bus/router-glob';
  readonly cache: number | undefined;
  readonly #index: GlobIndex<Endpoint>;

  constructor(nocase: boolean, cache: number | undefined) {
    this.#index = new GlobIndex(nocase);
    this.cache = cache;
  }

  add(endpoint: Endpoint): void {
    this.#index.add(String(endpoint.pattern), endpoint);
  }

  remove(endpoint: Endpoint): void {
    this.#index.remove(String(endpoint.pattern), endpoint);
  }

  match(topic: string, found: Endpoint[]): void {
    this.#index.match(topic, found);
  }

  matches(endpoint: Endpoint, topic: string): boolean {
    return this.#index.matches(String(endpoint.pattern), topic);
  }

  specificity(pattern: Pattern): string {
    return specificityOf(this.#index.read(String(pattern)));
  }
}

/**
 * Lets handlers and subscriptions name topics by glob pattern: `orders.*`, `**.created`, `eu-?.{a,b}`.
 * A pattern that is refused throws `BUS_PATTERN_INVALID` where it is given.
 * @throws BUS_OPTION_INVALID where `cache` is no whole number above 0
 * @example
 * ```ts
 * const bus = await createBus<Shop>().use(routerGlob()).start();
 * bus.handle('orders.*', (message) => console.log(message.topic));
 * ```
 */
export function routerGlob(options?: GlobOptions & { readonly nocase?: false }): Plugin<GlobRouter>;
/**
 * The same where upper and lower case are one, in patterns, topics and types.
 * @throws BUS_OPTION_INVALID where `cache` is no whole number above 0
 */
export function routerGlob(options: GlobOptions): Plugin<NocaseGlobRouter>;
export function routerGlob(options: GlobOptions = {}): Plugin<GlobRouter | NocaseGlobRouter> {
  const { nocase = false, cache } = options;
  if (cache !== undefined && !(Number.isInteger(cache) && cache > 0)) {
    throw optionInvalid('cache', cache, 'a whole number above 0');
  }
  return definePlugin<GlobRouter | NocaseGlobRouter>({
    name: '@bus/router-glob',
    provides: nocase ? nocaseGlobRouter : GlobRouter,
    setup(host) {
      const matcher = new GlobMatcher(nocase, cache);
      host.hooks.claim.tap((pattern) => {
        // The kernel finds exact topics faster, but not in another case.
        if (typeof pattern !== 'string' || !(nocase || hasGlobSyntax(pattern))) return undefined;
        matcher.specificity(pattern);
        return matcher;
      });
      return {};
    },
  });
}
