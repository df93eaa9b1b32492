// A program as its user writes it: until the 1,000th event has been handled.
import { createBus } from '../../packages/core/dist/index.js';
import { correlation } from '../../packages/correlation/dist/index.js';
import { pubsub } from '../../packages/pubsub/dist/index.js';
import { routerGlob } from '../../packages/router-glob/dist/index.js';
import { MESSAGES, reached } from './reached.mjs';

const bus = createBus({ id: 'shop' }).use(routerGlob(), pubsub(), correlation());
await bus.start();
let sum = 0;
bus.subscribe('orders.created', (message) => {
  sum += message.payload.n;
});
for (let i = 0; i < MESSAGES; i++) await bus.publish('orders.created', { n: 1 });
reached(sum);
