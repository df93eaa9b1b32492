import type { CoarseClock } from './clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { Traffic } from './endpoint-owner.ts';
import type { Env } from './env.ts';
import type { BusError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { HandlerCalls } from './handler-calls.ts';
import type { KernelHooks } from './kernel-hooks.ts';
import type { Settings } from './options.ts';
import type { Ledger } from './outcomes.ts';
import type { Routes } from './routes.ts';
import type { Slots } from './slots.ts';
import type { Timing } from './timing.ts';
import type { MessageHome } from './traits.ts';

/** What the parts of one bus share. */
export interface Context {
  readonly home: MessageHome;
  readonly env: Env;
  readonly clock: CoarseClock;
  readonly deadlines: Deadlines;
  readonly settings: Settings;
  readonly routes: Routes;
  readonly ledger: Ledger;
  readonly traffic: Traffic;
  readonly slots: Slots;
  readonly hooks: KernelHooks;
  readonly calls: HandlerCalls;
  readonly timing: Timing;
  readonly gate: Gate;
  report(error: BusError): void;
}
