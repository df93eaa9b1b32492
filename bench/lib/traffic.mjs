import { setImmediate as nextTurn } from 'node:timers/promises';
import { devicePatterns, deviceTopics } from './topics.mjs';

const PATTERNS = 1000;
const TOPICS = 20_000;
const GROUP_MEMBERS = 4;

/**
 * Mixed traffic on one bus: wildcards, a group, an async handler, requests. Every message has
 * somebody who takes it, so that what is refused says something.
 *
 * @param {any} bus
 */
export function openTraffic(bus) {
  const traffic = { sent: 0, handled: 0, replies: 0, refused: {}, send, settled };
  let pending = 0;

  const count = () => {
    traffic.handled++;
  };
  const countLater = async () => {
    traffic.handled++;
    await nextTurn();
  };
  const answer = async (message) => {
    traffic.handled++;
    return message.payload.n + 1;
  };

  const patterns = devicePatterns().slice(0, PATTERNS);
  for (const pattern of patterns) bus.subscribe(pattern, count);
  bus.subscribe('site0.**', count);
  for (let i = 0; i < GROUP_MEMBERS; i++) bus.subscribe('orders.*', count, { group: 'billing' });
  bus.subscribe('audit.written', countLater, { concurrency: 100 });
  bus.handle('orders.get', answer);

  const known = new Set(patterns.map((pattern) => pattern.slice(0, -1)));
  const topics = deviceTopics(TOPICS * 10).filter((topic) =>
    known.has(topic.slice(0, topic.lastIndexOf('.') + 1)),
  );

  const refuse = (error) => {
    const code = error?.code ?? String(error);
    traffic.refused[code] = (traffic.refused[code] ?? 0) + 1;
  };
  const settle = (promise, onReply) => {
    pending++;
    promise.then(onReply, refuse).finally(() => pending--);
  };
  const replied = () => {
    traffic.replies++;
  };

  /** Of twenty messages: fourteen to wildcards, four to a group, one audited, one request. */
  function send() {
    const n = traffic.sent++;
    const payload = { n };
    const turn = n % 20;
    if (turn < 14) settle(bus.publish(topics[n % topics.length], payload));
    else if (turn < 18) settle(bus.publish('orders.created', payload));
    else if (turn === 18) settle(bus.publish('audit.written', payload));
    else settle(bus.request('orders.get', payload, { timeoutMs: 5000 }), replied);
  }

  /** Waits until every promise has settled and nothing is in flight. */
  async function settled() {
    const deadline = performance.now() + 10_000;
    while (pending > 0 || bus.inspect().outcomes.inFlight > 0) {
      if (performance.now() > deadline) return;
      await nextTurn();
    }
  }

  return traffic;
}
