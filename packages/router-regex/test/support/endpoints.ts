import type { Endpoint } from '@bus/core';
import type { RegexMatcher } from '../../src/matcher.ts';

/** As much of an endpoint as a matcher looks at. */
export function endpointOf(pattern: RegExp, peer?: string): Endpoint {
  const stub: Pick<Endpoint, 'pattern' | 'kind' | 'bus'> = {
    pattern,
    kind: peer === undefined ? 'local' : 'remote',
    bus: peer ?? 'here',
  };
  return stub as Endpoint;
}

export function found(matcher: RegexMatcher, topic: string): Endpoint[] {
  const endpoints: Endpoint[] = [];
  matcher.match(topic, endpoints);
  return endpoints;
}

/** The reason of the refusal that `run` throws. */
export function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { code, details } = error as { code: string; details: { reason: string } };
    if (code === 'BUS_PATTERN_INVALID') return details.reason;
    throw error;
  }
  throw new Error('nothing was refused');
}
