import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin, oneOf } from '@bus/core';
import type { RegexEngine } from './matcher.ts';
import { engines, RegexMatcher } from './matcher.ts';
import { isRegExp } from './source.ts';
import type { RegexSyntax } from './syntax.ts';

/** How {@link routerRegex} matches. */
export interface RegexRouterOptions {
  /**
   * What runs the patterns of this program: `v8` (default), which takes every RegExp, or `linear`,
   * whose time grows only with the topic's length. Patterns from peers are always `linear`.
   */
  readonly engine?: RegexEngine;
}

/** The capability of {@link routerRegex}: a RegExp may be written where a pattern is expected. */
export interface RegexRouter extends Capability {
  /** What plugins that need it ask for. */
  readonly name: 'router-regex';
  /** How a pattern is typed. */
  readonly routes: RegexSyntax;
  /** It adds no method to the bus. */
  // biome-ignore lint/complexity/noBannedTypes: this plugin adds no method to the bus
  readonly api: {};
}

/** Names the capability that {@link routerRegex} provides, for plugins that require it. */
export const RegexRouter: CapabilityToken<RegexRouter> = capability<RegexRouter>('router-regex');

/**
 * Routes RegExp patterns. `test` decides: an unanchored pattern matches anywhere in a topic, and the
 * flags `g`, `y` and `d` change nothing. Patterns that begin with `^` and literal text are found by
 * that text; all others are tried on every topic seen for the first time. A pattern that the linear
 * engine must take and cannot throws `BUS_PATTERN_INVALID` where it is given.
 * @throws BUS_OPTION_INVALID where `engine` is neither `v8` nor `linear`
 * @example
 * ```ts
 * const bus = await createBus().use(routerRegex()).start();
 * bus.handle(/^orders\.(?:eu|us)\./, (message) => console.log(message.topic));
 * ```
 */
export function routerRegex(options: RegexRouterOptions = {}): Plugin<RegexRouter> {
  const engine = oneOf(engines, 'engine', options.engine ?? 'v8');
  return definePlugin({
    name: '@bus/router-regex',
    provides: RegexRouter,
    setup(host) {
      const matcher = new RegexMatcher(engine);
      host.hooks.claim.tap((pattern) => (isRegExp(pattern) ? matcher : undefined));
      host.hooks.inspect.tap(() => matcher.inspect());
      return {};
    },
  });
}
