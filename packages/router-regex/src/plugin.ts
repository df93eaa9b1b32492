import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { busError, capability, definePlugin } from '@bus/core';
import type { RegexEngine } from './matcher.ts';
import { RegexMatcher } from './matcher.ts';
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
  readonly name: 'router-regex';
  readonly routes: RegexSyntax;
  // biome-ignore lint/complexity/noBannedTypes: this plugin adds no method to the bus
  readonly api: {};
}

/** Names the capability {@link RegexRouter}. */
export const RegexRouter: CapabilityToken<RegexRouter> = capability<RegexRouter>('router-regex');

/**
 * Routes RegExp patterns. `test` decides: an unanchored pattern matches anywhere in a topic, and the
 * flags `g`, `y` and `d` change nothing. Patterns that begin with `^` and literal text are found by
 * that text; all others are tried on every topic seen for the first time.
 */
export function routerRegex(options: RegexRouterOptions = {}): Plugin<RegexRouter> {
  const { engine = 'v8' } = options;
  if (engine !== 'v8' && engine !== 'linear') {
    throw busError(
      'BUS_OPTION_INVALID',
      `routerRegex: engine is 'v8' or 'linear', not '${String(engine)}'`,
      { option: 'engine', value: engine },
    );
  }
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
