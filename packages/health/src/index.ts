export type {
  BreakerOptions,
  FallbackOptions,
  HealthApi,
  HealthChanged,
  HealthInspection,
  HealthOptions,
  HealthReport,
  HealthState,
  HealthSubject,
  IdempotentOption,
  LoopHealth,
  PeerHealth,
  SlowRun,
  SubjectHealth,
} from './api.ts';
export type { HealthErrorCodes } from './errors.ts';
export { Health, health } from './plugin.ts';
