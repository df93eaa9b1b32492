import type { AnyPlugin, BusCore, Endpoint, Host, Matcher, Pattern } from '@bus/core';
import { createBus } from '@bus/core';
import { virtualEnv } from '@bus/virtual-env';
import { expect } from '../expect.ts';
import { probe } from '../probe.ts';
import { quiet } from '../quiet.ts';

/** A bus with the router on it, and what the kernel knows of its endpoints. */
export class RouterTrial {
  readonly #bus: BusCore<unknown, never>;
  readonly #host: Host;
  readonly #matchers = new Set<Matcher>();

  private constructor(bus: BusCore<unknown, never>, host: Host) {
    this.#bus = bus;
    this.#host = host;
  }

  static async start(router: AnyPlugin): Promise<RouterTrial> {
    const { plugin, host } = probe();
    const plugins: readonly AnyPlugin[] = [router, plugin];
    const bus: BusCore<unknown, never> = createBus({ id: 'router', env: virtualEnv(), log: quiet });
    await (bus as { use(...all: readonly AnyPlugin[]): typeof bus }).use(...plugins).start();
    return new RouterTrial(bus, host());
  }

  /** Adds an endpoint, as `subscribe` does. */
  add(pattern: Pattern): Endpoint {
    const endpoint = this.#host.addEndpoint({
      pattern,
      kinds: ['event'],
      handler: () => undefined,
    });
    if (endpoint.matcher !== undefined) this.#matchers.add(endpoint.matcher);
    return endpoint;
  }

  /** What the router's matchers find: endpoints whose patterns the kernel kept are not among them. */
  found(topic: string): Endpoint[] {
    const found: Endpoint[] = [];
    for (const matcher of this.#matchers) matcher.match(topic, found);
    return found;
  }

  /** What the bus would deliver to, by id. */
  routed(topic: string): readonly string[] {
    return this.#bus.explain(topic).endpoints.map((endpoint) => endpoint.id);
  }

  /** Fails unless exactly these are found and routed to, each once. */
  expectFound(topic: string, expected: readonly Endpoint[]): void {
    const claimed = expected.filter(({ matcher }) => matcher !== undefined);
    expectSame(this.found(topic), claimed, `on '${topic}' the matcher finds`);
    const routed = this.routed(topic);
    const all = [...expected].map(({ id }) => id).sort();
    const came = [...routed].sort();
    expect(
      came.join() === all.join(),
      `on '${topic}' the bus routes to ${came.join() || 'none'}, where ${all.join() || 'none'} match`,
    );
  }
}

function expectSame(found: readonly Endpoint[], expected: readonly Endpoint[], what: string): void {
  const twice = found.find((endpoint, i) => found.indexOf(endpoint) !== i);
  expect(twice === undefined, `${what} '${String(twice?.pattern)}' more than once`);
  const missing = expected.find((endpoint) => !found.includes(endpoint));
  expect(missing === undefined, `${what} no '${String(missing?.pattern)}', which matches`);
  const wrong = found.find((endpoint) => !expected.includes(endpoint));
  expect(
    wrong === undefined,
    `${what} '${String(wrong?.pattern)}', which does not match or is gone`,
  );
}
