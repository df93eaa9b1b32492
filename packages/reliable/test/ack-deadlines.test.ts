import type { BusMessage, Env } from '@bus/core';
import { virtualEnv } from '@bus/virtual-env';
import { describe, expect, it } from 'vitest';
import { AckDeadlines } from '../src/ack-deadlines.ts';
import { Run } from '../src/run.ts';

const run = (): Run => new Run({} as BusMessage, 1, undefined);

describe('ack deadlines', () => {
  it('are extended by as long as the event loop was held up', async () => {
    const env = virtualEnv();
    let stalledMs = 0;
    const stalled: Env = { ...env, now: () => env.now() + stalledMs };
    const expired: number[] = [];
    const deadlines = new AckDeadlines(stalled, 90, () => expired.push(env.now()));
    deadlines.begin(run());
    await env.advance(50);
    deadlines.begin(run());
    stalledMs = 70;
    await env.advance(40);
    expect(expired).toEqual([90]);
    await env.advance(49);
    expect(expired).toEqual([90]);
    await env.advance(1);
    expect(expired).toEqual([90, 140]);
    expect(env.pending).toBe(0);
  });
});
