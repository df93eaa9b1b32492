import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { health } from '@bus/health';
import { pubsub } from '@bus/pubsub';
import { reliable } from '@bus/reliable';
import { transportIpc } from '@bus/transport-ipc';
import type { Work } from './contract.ts';
import { ask, hear } from './front.ts';
import { keepRunning } from './keep-running.ts';
import { socketPath } from './socket-path.ts';

const socket = socketPath(process.pid);
const link = transportIpc(
  { listen: socket },
  { receive: ['primes.counted'], send: ['primes.count', 'primes.wanted'] },
);
const bus = createBus<Work>({ id: 'front', log: { ...console, warn: () => undefined } }).use(
  pubsub(),
  correlation(),
  reliable(),
  health(),
  link,
);
hear(bus);
await bus.start();

const entry = fileURLToPath(new URL('./counter-process.js', import.meta.url));
const child = keepRunning(() => fork(entry, [socket]));
// Who listens has started before anybody has connected.
for await (const _ of bus.subscribe('$bus.endpoint.added')) {
  if (bus.endpoints('primes.count').length > 0 && bus.endpoints('primes.wanted').length > 0) break;
}
await ask(bus);

const unlucky = bus.request('primes.count', { below: 5_000_000 });
child.current.kill('SIGKILL');
await unlucky.catch((error) => console.log('asked, and killed:', error.code));
const acknowledged = bus.publish('primes.wanted', { below: 1000 }, { delivery: 'reliable' });
console.log('acknowledged by', await acknowledged);

await child.stop();
await bus.stop();
