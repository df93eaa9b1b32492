import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';

interface Shop {
  'orders.quote': { payload: { sku: string; qty: number }; reply: { price: number } };
}

const bus = await createBus<Shop>().use(correlation()).start();
bus.handle('orders.quote', async (message) => ({ price: 3 * message.payload.qty }));
const { price } = await bus.request('orders.quote', { sku: 'a', qty: 2 }, { timeoutMs: 500 });
for await (const quote of bus.requestMany('orders.quote', { sku: 'a', qty: 2 }, { max: 5 }))
  console.log(quote.price);
await bus.stop();
