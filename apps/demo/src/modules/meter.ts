import type { Histogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import { stamp } from '../clock.ts';
import type { Figures, Latency } from '../contract/figures.ts';
import type { RawTopic } from '../contract/readings.ts';
import type { Workspace } from '../contract.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

const everyMs = 500;
const nsPerMs = 1e6;

/** Measures raw events: how many, and how long each took from publish to the handler here. */
export function meter(bus: Bus<Workspace, PubSub | GlobRouter>): Module {
  const latency = createHistogram();
  const recent = createHistogram();
  const perTopic: Record<RawTopic, number> = {
    'raw.cpu.sample': 0,
    'raw.memory.sample': 0,
    'raw.loop.sample': 0,
    'raw.host.sample': 0,
    'raw.fs.changed': 0,
  };
  let rawEvents = 0;
  let before = { at: performance.now(), rawEvents };
  let timer: NodeJS.Timeout | undefined;

  bus.subscribe(
    'raw.**',
    (message) => {
      const tookNs = Math.max(1, Math.round((stamp() - message.payload.at) * nsPerMs));
      latency.record(tookNs);
      recent.record(tookNs);
      perTopic[message.topic]++;
      rawEvents++;
    },
    { name: 'meter' },
  );

  const figures = (): Figures => {
    const at = performance.now();
    const rawPerSecond = ((rawEvents - before.rawEvents) * 1000) / (at - before.at);
    before = { at, rawEvents };
    const [latencyMs, recentLatencyMs] = [latencyOf(latency), latencyOf(recent)];
    recent.reset();
    return { rawEvents, rawPerSecond, perTopic: { ...perTopic }, latencyMs, recentLatencyMs };
  };

  answerOrchestrator(bus, 'meter', {
    note: () => `${rawEvents.toLocaleString('en')} raw events`,
    finish: async () => {
      clearInterval(timer);
      await bus.publish('meter.figures', figures());
    },
  });

  return {
    name: 'meter',
    start() {
      before = { at: performance.now(), rawEvents };
      timer = setInterval(() => bus.publish('meter.figures', figures()), everyMs);
    },
  };
}

function latencyOf(histogram: Histogram): Latency {
  if (histogram.count === 0) return { p50: 0, p95: 0, p99: 0, max: 0 };
  const ms = (percent: number): number => histogram.percentile(percent) / nsPerMs;
  return { p50: ms(50), p95: ms(95), p99: ms(99), max: histogram.max / nsPerMs };
}
