export type {
  Alert,
  AlertRules,
  EndpointMetrics,
  LatencySummary,
  MetricsApi,
  MetricsOptions,
  MetricsSnapshot,
} from './api.ts';
export type { MetricsErrorCodes } from './errors.ts';
export { Metrics, metrics } from './plugin.ts';
