import { createBus, definePlugin } from '@bus/core';
import { correlation } from '@bus/correlation';
import { virtualEnv } from '@bus/virtual-env';
import { expect, it } from 'vitest';

const log = { debug() {}, info() {}, warn() {}, error() {} };

it('a tap that passes on fewer targets leaves no request waiting', async () => {
  const env = virtualEnv();
  const fewer = definePlugin({
    name: 'fewer',
    setup(host) {
      host.hooks.dispatch.tap((next) => (message, targets) => next(message, targets.slice(0, 1)));
      return undefined;
    },
  });
  const bus = createBus({ env, log }).use(correlation(), fewer);
  await bus.start();
  bus.handle('a', () => 1);
  bus.handle('a', () => 2);
  const got: unknown[] = [];
  for await (const reply of bus.requestMany('a', 0)) got.push(reply);
  expect(got).toEqual([1]);
  await bus.stop();
});
