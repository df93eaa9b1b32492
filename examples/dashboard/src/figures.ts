import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { Dashboard } from './contract.ts';

const everyMs = 100;

/** Publishes what this process is like, ten times a second, until the signal aborts. */
export function publishFigures(bus: Bus<Dashboard, PubSub>, signal: AbortSignal): void {
  let due = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    const megabytes = Math.round(process.memoryUsage().rss / 1e6);
    void bus.publish('figures.memory', { megabytes });
    void bus.publish('figures.loop', { lateMs: Math.max(0, Math.round(now - due)) });
    due = now + everyMs;
  }, everyMs);
  signal.addEventListener('abort', () => clearInterval(timer));
}
