import type { Capability, CapabilityToken, Plugin } from '@bus/core';
import { capability, definePlugin } from '@bus/core';
import { PatternMatcher } from './matcher.ts';
import { isPattern } from './pattern.ts';
import type { AcmeSyntax } from './syntax.ts';

/** The capability: adds the patterns of {@link AcmeSyntax} to what can be handled and subscribed. */
export interface AcmeRouter extends Capability {
  readonly name: 'router-acme';
  readonly routes: AcmeSyntax;
  readonly api: object;
}

/** Names the capability, for plugins that require it. */
export const AcmeRouter: CapabilityToken<AcmeRouter> = capability<AcmeRouter>('router-acme');

/**
 * Lets handlers and subscriptions name topics by pattern: `orders.*`, `*.created`, `orders.>`. One
 * with a `>` that is not at its end is refused with `BUS_PATTERN_INVALID`.
 */
export function routerAcme(): Plugin<AcmeRouter> {
  return definePlugin({
    name: 'bus-router-acme',
    provides: AcmeRouter,
    setup({ hooks }) {
      const matcher = new PatternMatcher();
      hooks.claim.tap((pattern) =>
        typeof pattern === 'string' && isPattern(pattern) ? matcher : undefined,
      );
      hooks.inspect.tap(() => ({ patterns: matcher.patterns }));
      return {};
    },
  });
}
