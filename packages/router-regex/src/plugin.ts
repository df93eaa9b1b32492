import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, checkOptions, definePlugin, oneOf } from '@bus/core';
import type { RegexEngine } from './matcher.ts';
import { engines, RegexMatcher } from './matcher.ts';
import { isRegExp } from './source.ts';
import type { RegexSyntax } from './syntax.ts';

/** The options of {@link routerRegex}. */
export interface RegexRouterOptions {
  /**
   * The engine for patterns of this program: `v8` (default) accepts every RegExp, and the time of
   * `linear` grows only with the length of the topic. Patterns from peers always run in `linear`.
   */
  readonly engine?: RegexEngine;
}

/** The capability of {@link routerRegex}: handlers and subscriptions take a RegExp as their pattern. */
export interface RegexRouter extends Capability {
  /** Plugins require the router by this name. */
  readonly name: 'router-regex';
  /** The types of patterns and of the topics they match. */
  readonly routes: RegexSyntax;
  /** The router adds no method to the bus. */
  // biome-ignore lint/complexity/noBannedTypes: this plugin adds no method to the bus
  readonly api: {};
}

/** The token of {@link routerRegex}, for plugins that require it. */
export const RegexRouter: CapabilityToken<RegexRouter> = capability<RegexRouter>('router-regex');

/**
 * Routes RegExp patterns. A pattern matches where `test` finds a match: anywhere in a topic, unless it
 * is anchored. The flags `g`, `y` and `d` have no effect. Patterns that begin with `^` and literal text
 * are found by that text; all others are tried on every new topic. A handler or subscription throws
 * `BUS_PATTERN_INVALID` if its pattern has to run in the linear engine and cannot.
 * @throws BUS_OPTION_INVALID if an option is misspelled or `engine` is neither `v8` nor `linear`
 * @example
 * ```ts
 * const bus = await createBus().use(routerRegex()).start();
 * bus.handle(/^orders\.(?:eu|us)\./, (message) => console.log(message.topic));
 * ```
 */
export function routerRegex(options: RegexRouterOptions = {}): Plugin<RegexRouter> {
  checkOptions('routerRegex', options, ['engine']);
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
