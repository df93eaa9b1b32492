import type { Transport, TransportFeatures, TransportPlugin } from '@bus/wire';
import { test } from 'vitest';
import type { TestRunner } from '../src/index.ts';
import { memoryTransport, transportConformance } from '../src/index.ts';

interface Fixed extends TransportFeatures {
  readonly reconnect: false;
}
interface Roaming extends TransportFeatures {
  readonly reconnect: true;
}
declare const runner: TestRunner;
declare const fixed: () => Transport<Fixed>;
declare const roaming: () => TransportPlugin<Roaming>;
const dispose = (): void => undefined;
const sever = (): void => undefined;
const heal = (): void => undefined;

test('a transport that reconnects has to be breakable', () => {
  void transportConformance({
    name: 'fixed',
    runner,
    create: () => ({ left: fixed(), right: fixed(), dispose }),
  });
  void transportConformance({
    name: 'roaming',
    runner,
    create: async () => ({ left: roaming(), right: roaming(), sever, heal, dispose }),
  });
  void transportConformance({
    name: 'memory',
    runner,
    create: () => ({ ...memoryTransport(), dispose }),
  });
  void transportConformance<Roaming>({
    name: 'roaming',
    runner,
    // @ts-expect-error: it says that it reconnects, and there is no way to break it
    create: () => ({ left: roaming(), right: roaming(), dispose }),
  });
});
