export type {
  Batch,
  BatchApi,
  BatchHandler,
  BatchLimits,
  BatchReplies,
  BatchReport,
  ReliableBatchMessage,
  ReliableBatchOptions,
} from './api.ts';
export type { BatchErrorCodes } from './errors.ts';
export { Batching, batch } from './plugin.ts';
