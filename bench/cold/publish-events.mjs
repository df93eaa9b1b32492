// The same with node:events.
import { EventEmitter } from 'node:events';
import { MESSAGES, reached } from './reached.mjs';

const emitter = new EventEmitter();
let sum = 0;
emitter.on('orders.created', (payload) => {
  sum += payload.n;
});
for (let i = 0; i < MESSAGES; i++) emitter.emit('orders.created', { n: 1 });
reached(sum);
