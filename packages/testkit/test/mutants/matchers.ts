import type { AnyPlugin, Endpoint, Matcher, Pattern } from '@bus/core';
import { definePlugin } from '@bus/core';
import { globs } from '../support/pattern-suites.ts';

/** A router that is slow and right, for others to be broken from. */
class PlainMatcher implements Matcher {
  readonly name = 'plain';
  readonly endpoints: Set<Endpoint> = new Set();

  add(endpoint: Endpoint): void {
    this.endpoints.add(endpoint);
  }

  remove(endpoint: Endpoint): void {
    this.endpoints.delete(endpoint);
  }

  match(topic: string, found: Endpoint[]): void {
    for (const endpoint of this.endpoints) {
      if (this.matches(endpoint, topic)) found.push(endpoint);
    }
  }

  matches(endpoint: Endpoint, topic: string): boolean {
    return globs.matches(endpoint.pattern, topic);
  }

  specificity(pattern: Pattern): string {
    return String(pattern)
      .split('.')
      .map((segment) => (segment === '**' ? '3' : segment === '*' ? '2' : '0'))
      .join('')
      .concat('9');
  }
}

type Claims = (pattern: Pattern) => boolean;

const hasWildcard: Claims = (pattern) => String(pattern).includes('*');

function routerOf(matcher: Matcher, claims: Claims = hasWildcard): AnyPlugin {
  return definePlugin({
    name: 'plain-router',
    setup(host) {
      host.hooks.claim.tap((pattern) => (claims(pattern) ? matcher : undefined));
      return undefined;
    },
  });
}

export function plainRouter(): AnyPlugin {
  return routerOf(new PlainMatcher());
}

export interface MatcherMutant {
  readonly name: string;
  readonly caughtBy: string;
  create(): AnyPlugin;
}

function mutant(
  name: string,
  caughtBy: string,
  change: (inner: PlainMatcher) => void,
): MatcherMutant {
  return {
    name,
    caughtBy,
    create() {
      const matcher = new PlainMatcher();
      change(matcher);
      return routerOf(matcher);
    },
  };
}

const chance = 'finds what a plain reading finds, whatever came and went (seed 1)';

export const matcherMutants: readonly MatcherMutant[] = [
  {
    name: 'leaves patterns to the kernel',
    caughtBy: 'claims its patterns',
    create: () =>
      routerOf(new PlainMatcher(), (pattern) => hasWildcard(pattern) && pattern !== '**'),
  },
  mutant('takes * for any number', 'finds what a pattern matches, and nothing else', (matcher) => {
    matcher.matches = ({ pattern }, topic) =>
      globs.matches(String(pattern).replace(/(?<!\*)\*(?!\*)/g, '**'), topic);
  }),
  mutant(
    'keeps one endpoint per pattern',
    'finds each of several with one pattern, once',
    (matcher) => {
      const patterns = new Set<Pattern>();
      matcher.add = (endpoint) => {
        if (patterns.has(endpoint.pattern)) return;
        patterns.add(endpoint.pattern);
        matcher.endpoints.add(endpoint);
      };
    },
  ),
  mutant('finds some twice', 'finds each of several with one pattern, once', (matcher) => {
    const match = matcher.match.bind(matcher);
    matcher.match = (topic, found) => {
      match(topic, found);
      if (topic === 'a.b') match(topic, found);
    };
  }),
  mutant('never removes', 'forgets what was removed, and nothing else', (matcher) => {
    matcher.remove = () => undefined;
  }),
  mutant(
    'removes all with the pattern',
    'forgets what was removed, and nothing else',
    (matcher) => {
      matcher.remove = ({ pattern }) => {
        for (const endpoint of matcher.endpoints) {
          if (endpoint.pattern === pattern) matcher.endpoints.delete(endpoint);
        }
      };
    },
  ),
  mutant(
    'does not know those that are gone',
    'answers for one endpoint as it does for all (seed 1)',
    (matcher) => {
      const gone = new Set<Endpoint>();
      const matches = matcher.matches.bind(matcher);
      matcher.remove = (endpoint) => {
        gone.add(endpoint);
        matcher.endpoints.delete(endpoint);
      };
      matcher.matches = (endpoint, topic) => !gone.has(endpoint) && matches(endpoint, topic);
    },
  ),
  mutant(
    'hears the bus’s own topics',
    'is deaf to the bus’s own topics unless they are named',
    (matcher) => {
      const matches = matcher.matches.bind(matcher);
      matcher.matches = (endpoint, topic) =>
        (endpoint.pattern === '**' && topic.startsWith('$bus.')) || matches(endpoint, topic);
    },
  ),
  mutant('calls all equally specific', 'orders patterns by how specific they are', (matcher) => {
    matcher.specificity = () => '9';
  }),
  mutant('is more specific every time', 'orders patterns by how specific they are', (matcher) => {
    let calls = 0;
    const specificity = matcher.specificity.bind(matcher);
    matcher.specificity = (pattern) => specificity(pattern) + ++calls;
  }),
  mutant('loses the oldest of a hundred', chance, (matcher) => {
    matcher.add = (endpoint) => {
      matcher.endpoints.add(endpoint);
      const [oldest] = matcher.endpoints;
      if (matcher.endpoints.size > 30 && oldest !== undefined) matcher.endpoints.delete(oldest);
    };
  }),
  mutant(
    'has room for 5,000',
    'finds among 10,000 patterns, and none of them later (seed 1)',
    (matcher) => {
      matcher.add = (endpoint) => {
        if (matcher.endpoints.size < 5000) matcher.endpoints.add(endpoint);
      };
    },
  ),
];
