import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { routerRegex } from '@bus/router-regex';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';

const log = { debug() {}, info() {}, warn() {}, error() {} };

describe('both routers on one bus', () => {
  it('each reads its own patterns, and a message reaches what either matches, best first', async () => {
    const bus = createBus({ env: virtualEnv(), log }).use(routerRegex(), pubsub(), routerGlob());
    await bus.start();
    const heard: string[] = [];
    const hear = (name: string) => () => {
      heard.push(name);
    };
    bus.subscribe(/^orders\.(eu|us)\./, hear('regex'));
    bus.subscribe('orders.**', hear('globstar'));
    bus.subscribe('orders.eu.*', hear('glob'));
    bus.subscribe('orders.eu.created', hear('exact'));
    expect(await bus.publish('orders.eu.created', 1)).toBe(4);
    expect(heard).toEqual(['exact', 'glob', 'globstar', 'regex']);
    expect(await bus.publish('orders.asia.created', 1)).toBe(1);
    await bus.stop();
  });

  it('a request goes to the most specific of equals, whichever router found it', async () => {
    const bus = createBus({ env: virtualEnv(), log }).use(
      routerGlob(),
      correlation(),
      routerRegex(),
    );
    await bus.start();
    bus.handle(/^price\./, () => 'regex');
    const glob = bus.handle('price.*', () => 'glob');
    expect(await bus.request('price.tea', {})).toBe('glob');
    glob.stop();
    expect(await bus.request('price.tea', {})).toBe('regex');
    bus.handle('price.**', () => 'globstar', { priority: -1 });
    expect(await bus.request('price.tea', {})).toBe('regex');
    await bus.stop();
  });
});
