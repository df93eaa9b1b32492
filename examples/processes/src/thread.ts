import { Worker } from 'node:worker_threads';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { transportIpc } from '@bus/transport-ipc';
import type { Work } from './contract.ts';
import { ask, hear } from './front.ts';

const worker = new Worker(new URL('./counter-thread.js', import.meta.url));
const bus = createBus<Work>({ id: 'front' }).use(
  pubsub(),
  correlation(),
  transportIpc({ port: worker }),
);
hear(bus);
await bus.start();
await ask(bus);
await bus.stop();
