// A program as its user writes it: until the 1,000th request has its reply.
import { createBus } from '../../packages/core/dist/index.js';
import { correlation } from '../../packages/correlation/dist/index.js';
import { pubsub } from '../../packages/pubsub/dist/index.js';
import { routerGlob } from '../../packages/router-glob/dist/index.js';
import { MESSAGES, reached } from './reached.mjs';

const bus = createBus({ id: 'shop' }).use(routerGlob(), pubsub(), correlation());
await bus.start();
bus.handle('orders.get', async (message) => message.payload.n + 1);
let sum = 0;
for (let i = 0; i < MESSAGES; i++) {
  sum += (await bus.request('orders.get', { n: 0 }, { timeoutMs: 5000 })) ?? 0;
}
reached(sum);
await bus.stop();
