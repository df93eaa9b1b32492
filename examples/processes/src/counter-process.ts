import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { reliable } from '@bus/reliable';
import { transportIpc } from '@bus/transport-ipc';
import type { Work } from './contract.ts';
import { counter } from './counter.ts';
import { counterJobs } from './counter-jobs.ts';

const [, , socket = ''] = process.argv;
const bus = createBus<Work>({ id: 'counter' }).use(
  pubsub(),
  reliable(),
  transportIpc({ connect: socket }),
);
counter(bus);
counterJobs(bus);
// The parent has closed the channel, or is no more: nobody is left to work for.
process.once('disconnect', () => void bus.stop());
await bus.start();
