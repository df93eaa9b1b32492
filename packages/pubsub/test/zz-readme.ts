import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';

interface Shop {
  'orders.created': { payload: { id: string; total: number } };
}

const bus = await createBus<Shop>().use(pubsub()).start();
bus.subscribe('orders.created', (message) => console.log(message.payload.total));
bus.subscribe('orders.created', bill, {
  group: 'billing',
  filter: (message) => message.payload.total > 0,
});
await bus.publish('orders.created', { id: '1', total: 9 }); // 2: how many accepted it
const messages = bus.subscribe('orders.created', { capacity: 256 });
setTimeout(() => bus.publish('orders.created', { id: '2', total: 5 }), 10);
for await (const message of messages) if (message.payload.id === '2') break;
await bus.stop();
