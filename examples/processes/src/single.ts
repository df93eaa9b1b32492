import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import type { Work } from './contract.ts';
import { counter } from './counter.ts';
import { ask, hear } from './front.ts';

const bus = createBus<Work>({ id: 'program' }).use(pubsub(), correlation());
counter(bus);
hear(bus);
await bus.start();
await ask(bus);
await bus.stop();
