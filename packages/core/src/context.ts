import type { CoarseClock } from './clock.ts';
import type { Deadlines } from './deadlines.ts';
import type { Traffic } from './endpoint.ts';
import type { Env } from './env.ts';
import type { Message } from './envelope.ts';
import type { BusError } from './errors.ts';
import type { KernelHooks } from './kernel-hooks.ts';
import type { MessageHome } from './message.ts';
import type { Settings } from './options.ts';
import type { Ledger } from './outcomes.ts';
import type { Routes } from './routes.ts';
import type { Slots } from './slots.ts';

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
  /** Open while messages may be sent. */
  readonly gate: { open: boolean };
  /** Why this one may not be sent through a closed gate, if so. */
  refusal(topic: string, parent: Message | undefined): BusError | undefined;
  report(error: BusError): void;
}
