export type {
  CorrelationApi,
  CorrelationOptions,
  CorrelationReport,
  ReplyStream,
  RequestManyOptions,
  RequestOptions,
} from './api.ts';
export type { CorrelationErrorCodes } from './errors.ts';
export { Correlation, correlation } from './plugin.ts';
