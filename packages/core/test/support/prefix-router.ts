import type { AnyPlugin, Endpoint, Matcher } from '../../src/index.ts';
import { plugin } from './bench.ts';

/** Counts how often it is asked, so that tests see what the routes' cache saves. */
export interface CountingMatcher extends Matcher {
  asked: number;
}

const prefixOf = (endpoint: Endpoint): string => String(endpoint.pattern).slice(0, -1);

/** Understands `prefix*`: the least a router can be. */
export function prefixMatcher(): CountingMatcher {
  const endpoints = new Set<Endpoint>();
  return {
    name: 'prefix',
    asked: 0,
    add: (endpoint) => void endpoints.add(endpoint),
    remove: (endpoint) => void endpoints.delete(endpoint),
    match(topic, found) {
      this.asked++;
      for (const endpoint of endpoints)
        if (topic.startsWith(prefixOf(endpoint))) found.push(endpoint);
    },
    matches: (endpoint, topic) => topic.startsWith(prefixOf(endpoint)),
    // A longer prefix is more specific and sorts before a shorter one.
    specificity: (pattern) => `3${String(999 - String(pattern).length).padStart(3, '0')}`,
  };
}

export function prefixRouter(matcher: Matcher = prefixMatcher()): AnyPlugin {
  return plugin('test-router', ({ hooks }) => {
    hooks.claim.tap((pattern) =>
      typeof pattern === 'string' && pattern.endsWith('*') ? matcher : undefined,
    );
  });
}
