import type { Host, Plugin } from '@bus/core';
import { definePlugin } from '@bus/core';

/** A plugin that does nothing but keep what it is given. */
export interface Probe {
  readonly plugin: Plugin;
  /** What the bus gave it; throws before it is installed. */
  host(): Host;
}

export function probe(): Probe {
  let host: Host | undefined;
  const plugin = definePlugin({
    name: 'conformance',
    setup(given) {
      host = given;
      return undefined;
    },
  });
  return {
    plugin,
    host() {
      if (host === undefined) throw new Error('the probe is not installed');
      return host;
    },
  };
}
