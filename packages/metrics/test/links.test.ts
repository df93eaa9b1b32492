import type { MessagePort } from 'node:worker_threads';
import { MessageChannel } from 'node:worker_threads';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import { transportIpc } from '@bus/transport-ipc';
import { expect, test } from 'vitest';
import { metrics } from '../src/index.ts';
import { parse } from './support/exposition.ts';

/** A started bus with metrics, at one end of a link. */
function linked(id: string, port: MessagePort) {
  return createBus({ id, log: quiet })
    .use(routerGlob(), pubsub(), correlation(), metrics(), transportIpc({ port }))
    .start();
}

test('the endpoints of a peer are series of their own, with its bus', async () => {
  const { port1, port2 } = new MessageChannel();
  const [near, far] = await Promise.all([linked('near', port1), linked('far', port2)]);
  const offered = new Promise<void>((resolve) => {
    near.subscribe('$bus.endpoint.added', ({ payload }) => {
      const { endpoint } = payload as { endpoint: { kind: string; pattern: string } };
      if (endpoint.kind === 'remote' && endpoint.pattern === 'double') resolve();
    });
  });
  far.handle('double', ({ payload }) => Number(payload) * 2);
  await offered;
  for (let i = 0; i < 5; i++) expect(await near.request('double', i)).toBe(2 * i);
  const asked = near.metrics.snapshot().endpoints.find(({ pattern }) => pattern === 'double');
  expect(asked).toMatchObject({ kind: 'remote', bus: 'far', outcomes: { forwarded: 5 } });
  expect(asked?.duration.count).toBe(5);
  const handled = far.metrics.snapshot().endpoints.find(({ pattern }) => pattern === 'double');
  expect(handled).toMatchObject({ kind: 'local', bus: 'far', outcomes: { handled: 5 } });
  const { samples = [] } =
    parse(await near.metrics.prometheus()).get('bus_endpoint_messages_total') ?? {};
  expect(samples.find(({ labels }) => labels.topic === 'double')).toMatchObject({
    labels: { topic: 'double', peer: 'far', outcome: 'forwarded' },
    value: 5,
  });
  await Promise.all([near.stop(), far.stop()]);
});
