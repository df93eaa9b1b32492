import type { AnyPlugin, BusError, BusOptions, Env, Host } from '@bus/core';
import { definePlugin } from '@bus/core';
import { quiet } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import { virtualEnv } from '@bus/virtual-env';
import { onTestFinished } from 'vitest';
import type { LinkReport } from '../../src/link/report.ts';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import type { LinkOptions } from '../../src/plugin/options.ts';
import type { Transport } from '../../src/plugin/transport.ts';
import type { LinkedBus } from './linked-bus.ts';
import { linkedBus } from './linked-bus.ts';
import { json, type } from './raw-bytes.ts';
import type { HelloParts, RawPeer, Whence } from './raw-peer.ts';
import { TestListener } from './raw-peer.ts';

export interface TestBusOptions extends BusOptions {
  readonly plugins?: readonly AnyPlugin[];
}

/** A bus under a virtual clock, and everything it complained of. */
export interface TestBus {
  readonly bus: LinkedBus;
  readonly env: VirtualEnv;
  /** What a plugin of the bus gets. */
  readonly host: Host;
  readonly warnings: string[];
  readonly errors: BusError[];
  /** Its first link, as it reports it. */
  link(peer?: string): LinkReport;
}

/** A bus that listens to peers the test plays. */
export interface Listening extends TestBus {
  /** A connection, and nothing said on it. */
  dial(whence?: Whence): RawPeer;
  /** A peer that has been let in. */
  linked(busId: string, parts?: HelloParts): Promise<RawPeer>;
}

/** A bus over one transport; stopped when the test is over. */
export function testBus(
  transport: Transport,
  links: LinkOptions = {},
  options: TestBusOptions = {},
): TestBus {
  const env = (options.env as VirtualEnv | undefined) ?? virtualEnv({ seed: 7 });
  const warnings: string[] = [];
  const errors: BusError[] = [];
  const log = { ...quiet, warn: (line: unknown) => warnings.push(String(line)) };
  const { plugins = [], ...rest } = options;
  let host: Host | undefined;
  const watcher = definePlugin({
    name: 'watcher',
    setup(given) {
      host = given;
      given.hooks.error.tap((error) => {
        errors.push(error);
      });
      return undefined;
    },
  });
  const bus = linkedBus({ env: env as Env, log, id: 'hub', ...rest });
  const installing: { use(plugin: AnyPlugin): unknown } = bus as never;
  for (const plugin of [defineTransport(transport, links), watcher, ...plugins]) {
    installing.use(plugin);
  }
  onTestFinished(async () => {
    const stopped = bus.stop({ drainMs: 10 });
    await env.advance(60_000);
    await stopped;
  });
  const link = (peer?: string): LinkReport => {
    const links = bus.inspect().links as unknown as readonly LinkReport[];
    const found = links.find((report) => peer === undefined || report.peer === peer);
    if (found === undefined) throw new Error(`no link with ${peer ?? 'anybody'}`);
    return found;
  };
  return { bus, env, host: host as unknown as Host, warnings, errors, link };
}

export async function listening(
  links: LinkOptions = {},
  options: TestBusOptions = {},
  framing: 'stream' | 'message' = 'stream',
): Promise<Listening> {
  const listener = new TestListener(framing);
  const made = testBus(listener, links, options);
  await made.bus.start();
  const dial = (whence?: Whence): RawPeer => listener.dial(whence);
  let count = 0;
  const linked = async (busId: string, parts: HelloParts = {}): Promise<RawPeer> => {
    const peer = dial();
    const instance = `instance-${count++}`;
    peer.greet({ busId, instance, idPrefix: `${busId}-`, ...parts });
    await made.env.settle();
    peer.say(json(type.offer, []));
    await made.env.settle();
    if (peer.closed) throw new Error(`'${busId}' was not let in: ${peer.byeCode}`);
    return peer;
  };
  return { ...made, dial, linked };
}
