import type { Bus } from '@bus/core';
import type { Workspace } from '../contract.ts';

/** A part of the program. It subscribes when made, and sends only after `start`. */
export interface Module {
  readonly name: string;
  start?(): void;
}

/** How a module takes part in health checks and in the shutdown. */
export interface Lifeline {
  /** One line on how it is. */
  note(): string;
  /** Stops what it does by itself and finishes what it has begun. */
  finish?(): void | Promise<void>;
}

/** Answers, for a module, what the orchestrator asks of every module. */
export function answerOrchestrator(bus: Bus<Workspace>, module: string, lifeline: Lifeline): void {
  bus.handle('health.check', () => ({ bus: bus.id, module, note: lifeline.note() }), {
    name: `${module}.health`,
  });
  bus.handle(
    'system.shutdown',
    async () => {
      await lifeline.finish?.();
      return { bus: bus.id, module, note: lifeline.note() };
    },
    { name: `${module}.shutdown` },
  );
}
