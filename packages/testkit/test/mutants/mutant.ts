import { platformEnv } from '@bus/core';
import type { Transport, TransportHost } from '@bus/wire';
import type { Fixture, MemoryOptions } from '../../src/index.ts';
import { memoryTransport, virtualEnv } from '../../src/index.ts';
import type { Change } from '../support/changed-transport.ts';
import { changed } from '../support/changed-transport.ts';

/** A transport that is broken in one way, and the case made to catch it. */
export interface Mutant {
  readonly name: string;
  readonly caughtBy: string;
  create(): Fixture;
}

/** What is not overridden works as in memory; `env` is that of the bus, once it is opened. */
export function mutant(
  name: string,
  caughtBy: string,
  change: (link: { readonly env: () => TransportHost['env'] }) => Change,
  options: MemoryOptions = {},
): Mutant {
  return { name, caughtBy, create: () => broken(change, options) };
}

function broken(change: Parameters<typeof mutant>[2], options: MemoryOptions): Fixture {
  const link = memoryTransport(options);
  const wrap = (inner: Transport): Transport => {
    let host: TransportHost | undefined;
    const own = change({
      env: () => {
        if (host === undefined) throw new Error('not opened');
        return host.env;
      },
    });
    const keeping: Change = {
      ...own,
      open(transport, opened, signal) {
        host = opened;
        return own.open?.(transport, opened, signal) ?? transport.open(opened, signal);
      },
    };
    return changed(inner, keeping);
  };
  return {
    left: wrap(link.left),
    right: wrap(link.right),
    another: () => wrap(link.another()),
    sever: () => link.sever(),
    heal: () => link.heal(),
    env: virtualEnv({ seed: 1 }),
    dispose: () => undefined,
  };
}

/** The same by the clock of the platform, for what waits for more than memory. */
export function inRealTime(inner: Mutant): Mutant {
  return { ...inner, create: () => ({ ...inner.create(), env: platformEnv() }) };
}

/** The same made of a transport in which nothing was changed. */
export function unbroken(options: MemoryOptions): Fixture {
  return broken(() => ({}), options);
}
