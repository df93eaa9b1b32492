export type {
  CorrelationApi,
  CorrelationOptions,
  RequestManyOptions,
  RequestOptions,
} from './api.ts';
export { Correlation, correlation } from './plugin.ts';
