import { BusError } from '@bus/core';
import type { WorkspaceBus } from '../assembly.ts';
import type { Exhibit } from './finding.ts';
import { count, counted } from './finding.ts';

const everyMs = 1000;
const readAgain = { windows: 8, pauseMs: 20 };
const patientMs = 2000;
const timeoutMs = 15;
const cancelAfterMs = 10;

/** Three reports each second: one is waited for, one is given too little time, one is called off. */
export function requests(bus: WorkspaceBus): Exhibit {
  let answered = 0;
  let windows = 0;
  let tookMs = 0;
  const failed = new Map<string, number>();

  const ask = async (options: { timeoutMs?: number; signal?: AbortSignal }): Promise<void> => {
    const began = performance.now();
    try {
      const report = await bus.request('analysis.report', readAgain, {
        ...options,
        idempotent: true,
      });
      answered++;
      windows += report.windows;
      tookMs += performance.now() - began;
    } catch (error) {
      const code = BusError.is(error) ? error.code : String(error);
      failed.set(code, (failed.get(code) ?? 0) + 1);
    }
  };
  const askThrice = (): Promise<unknown> => {
    const signal = AbortSignal.timeout(cancelAfterMs);
    return Promise.all([ask({ timeoutMs: patientMs }), ask({ timeoutMs }), ask({ signal })]);
  };

  let asking: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  // Before that there may be nobody to answer.
  bus.handle(
    'system.start',
    () => {
      timer ??= setInterval(() => {
        asking = askThrice();
      }, everyMs);
    },
    { name: 'tour.requests' },
  );
  const others = (): string =>
    [...failed]
      .filter(([code]) => code !== 'CORRELATION_TIMEOUT' && code !== 'BUS_CANCELLED')
      .map(([code, times]) => `, ${times} ${code}`)
      .join('');
  return {
    feature: 'requests',
    finding: () => {
      const mean = answered === 0 ? 0 : tookMs / answered;
      return (
        `${answered} reports over ${count(windows)} stored windows answered in ${mean.toFixed(0)} ms, ` +
        `${failed.get('CORRELATION_TIMEOUT') ?? 0} timed out after ${timeoutMs} ms, ` +
        `cancelled ${failed.get('BUS_CANCELLED') ?? 0} after ${cancelAfterMs} ms${others()}`
      );
    },
    finish: async () => {
      clearInterval(timer);
      await asking;
    },
  };
}

/** What the advisor and the orchestrator said to each other, overheard. */
export function interventions(bus: WorkspaceBus): Exhibit {
  let advice: string[] = [];
  let states = 0;
  let rounds = 0;
  let modules = 0;
  bus.subscribe('advice.given', ({ payload: { action, eventsPerSecond, reached } }) => {
    const given = `${action} to ${count(eventsPerSecond)}/s reached ${counted(reached, 'module')}`;
    advice = [...advice.slice(-1), given];
  });
  bus.subscribe('state.changed', () => void states++);
  bus.subscribe('system.health', ({ payload }) => {
    rounds++;
    modules = payload.modules.length;
  });
  return {
    feature: 'orchestration',
    finding: () =>
      `${counted(rounds, 'health round')} over ${modules} modules; ${counted(states, 'state change')}; ` +
      `advice: ${advice.join(', ') || 'none needed'}`,
  };
}
