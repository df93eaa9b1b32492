// The same by hand: EventEmitter, a Map of what is pending, a timer for each.
import { EventEmitter } from 'node:events';
import { MESSAGES, reached } from './reached.mjs';

const emitter = new EventEmitter();
const pending = new Map();
emitter.on('orders.get', async (id, payload, answer) =>
  emitter.emit('reply', id, await answer(payload)),
);
emitter.on('reply', (id, reply) => {
  const { resolve, timer } = pending.get(id);
  pending.delete(id);
  clearTimeout(timer);
  resolve(reply);
});
const answer = async (payload) => payload.n + 1;
let lastId = 0;
const request = (payload) =>
  new Promise((resolve, reject) => {
    const id = ++lastId;
    const timer = setTimeout(() => {
      pending.delete(id);
      reject(new Error('timeout'));
    }, 5000);
    pending.set(id, { resolve, timer });
    emitter.emit('orders.get', id, payload, answer);
  });
let sum = 0;
for (let i = 0; i < MESSAGES; i++) sum += await request({ n: 0 });
reached(sum);
