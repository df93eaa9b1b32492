import type { AddressInfo } from 'node:net';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { transportWs } from '@bus/transport-ws';
import type { Dashboard } from './contract.ts';
import { audible, callable } from './contract.ts';
import { publishFigures } from './figures.ts';
import { servePage } from './serve.ts';

const server = await servePage(Number(process.env.PORT ?? 0));
const pages = transportWs(
  { listen: { server, path: '/bus' } },
  { receive: callable, send: audible },
);
const bus = createBus<Dashboard>({ id: 'program' }).use(
  routerGlob(), // the page subscribes to a pattern, which has to be understood here
  pubsub(),
  correlation(),
  pages,
);
const ending = new AbortController();

bus.handle('process.about', ({ payload }) => {
  const short = `process ${process.pid}`;
  return payload.detail === 'short' ? short : `${short}, Node ${process.version}`;
});
bus.handle('process.exit', () => ending.abort()); // no page may call this: it is not in `callable`
process.once('SIGINT', () => ending.abort());
process.once('SIGTERM', () => ending.abort());

ending.signal.addEventListener('abort', async () => {
  await bus.stop();
  server.close();
  server.closeAllConnections();
});

await bus.start();
publishFigures(bus, ending.signal);
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
