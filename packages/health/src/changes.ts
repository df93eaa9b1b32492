import type { Host } from '@bus/core';
import type { HealthChanged, HealthState, HealthSubject } from './api.ts';

/** Tells the program of a change. */
export function announce(
  host: Host,
  subject: HealthSubject,
  from: HealthState,
  to: HealthState,
  reason: string,
): void {
  const changed: HealthChanged = { subject, from, to, reason };
  host.emit('$bus.health.changed', changed);
}
