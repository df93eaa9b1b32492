import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { transportWs } from '@bus/transport-ws';
import type { Dashboard } from '../src/contract.ts';
import { byId, show } from './elements.ts';

const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/bus`;
const bus = createBus<Dashboard>({ id: `page-${crypto.randomUUID()}` }).use(
  routerGlob(),
  pubsub(),
  correlation(),
  transportWs({ connect: url }),
);
const button = byId('ask', HTMLButtonElement);

bus.subscribe(
  'figures.*',
  (message) => {
    if (message.topic === 'figures.memory') show('memory', message.payload.megabytes);
    else show('loop', message.payload.lateMs);
  },
  { mode: 'latest' },
);
bus.subscribe('$bus.peer.up', () => {
  show('status', 'connected');
  button.disabled = false;
});
bus.subscribe('$bus.peer.down', () => {
  show('status', 'disconnected');
  button.disabled = true;
});
button.addEventListener('click', async () => {
  try {
    const answer = await bus.request('process.about', { detail: 'full' }, { timeoutMs: 1000 });
    show('answer', answer);
  } catch (error) {
    show('answer', String(error));
  }
});

await bus.start();
