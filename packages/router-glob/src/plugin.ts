import type { Capability, CapabilityToken, Endpoint, Matcher, Pattern, Plugin } from '@bus/core';
import { capability, checkOptions, definePlugin, optionInvalid } from '@bus/core';
import { GlobIndex } from './glob-index.ts';
import { hasGlobSyntax, specificityOf } from './glob-pattern.ts';
import type { GlobSyntax, NocaseGlobSyntax } from './glob-syntax.ts';

/** The capability of {@link routerGlob}: handlers and subscriptions take glob patterns. */
export interface GlobRouter extends Capability {
  /** Plugins require the router by this name. */
  readonly name: 'router-glob';
  /** The types of patterns and of the topics they match. */
  readonly routes: GlobSyntax;
  /** The router adds no method to the bus. */
  readonly api: object;
}

/** {@link GlobRouter} where upper and lower case are the same. */
export interface NocaseGlobRouter extends Capability {
  /** The same name: plugins that require globs accept both. */
  readonly name: 'router-glob';
  /** The types of patterns and of the topics they match. */
  readonly routes: NocaseGlobSyntax;
  /** The router adds no method to the bus. */
  readonly api: object;
}

/** The token of {@link routerGlob}, for plugins that require it. */
export const GlobRouter: CapabilityToken<GlobRouter> = capability<GlobRouter>('router-glob');

const nocaseGlobRouter: CapabilityToken<NocaseGlobRouter> =
  capability<NocaseGlobRouter>('router-glob');

/** The options of {@link routerGlob}. */
export interface GlobOptions {
  /** Ignores the difference between upper and lower case, in patterns and topics. Default false. */
  readonly nocase?: boolean;
  /** The number of topics whose routes the bus keeps. Default 4096, which is also the minimum. */
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

  /** @throws BUS_PATTERN_INVALID */
  check(pattern: string): void {
    this.#index.read(pattern);
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
 * A handler or subscription with an invalid pattern throws `BUS_PATTERN_INVALID`.
 * @throws BUS_OPTION_INVALID where an option is misspelled or has a wrong value
 * @example
 * ```ts
 * const bus = await createBus<Shop>().use(routerGlob()).start();
 * bus.handle('orders.*', (message) => console.log(message.topic));
 * ```
 */
export function routerGlob(options?: GlobOptions & { readonly nocase?: false }): Plugin<GlobRouter>;
/**
 * The same, ignoring the case of patterns, topics and types.
 * @throws BUS_OPTION_INVALID where an option is misspelled or has a wrong value
 */
export function routerGlob(options: GlobOptions): Plugin<NocaseGlobRouter>;
export function routerGlob(options: GlobOptions = {}): Plugin<GlobRouter | NocaseGlobRouter> {
  checkOptions('routerGlob', options, ['nocase', 'cache']);
  const { nocase = false, cache } = options;
  if (typeof nocase !== 'boolean') throw optionInvalid('nocase', nocase, 'true or false');
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
        matcher.check(pattern);
        return matcher;
      });
      return {};
    },
  });
}
