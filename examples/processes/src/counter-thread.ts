import { parentPort } from 'node:worker_threads';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { transportIpc } from '@bus/transport-ipc';
import type { Work } from './contract.ts';
import { counter } from './counter.ts';

if (parentPort === null) throw new Error('start thread.js: this file is for its worker');
const bus = createBus<Work>({ id: 'counter' }).use(pubsub(), transportIpc({ port: parentPort }));
counter(bus);
await bus.start();
