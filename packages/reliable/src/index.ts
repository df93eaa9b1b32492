export type {
  Acknowledgeable,
  BackoffOptions,
  DeadLetter,
  DeadLetterError,
  DeadLetterFilter,
  DeadLetterOverflow,
  DeadLetterReason,
  DeadLetters,
  NotReliable,
  ReliableApi,
  ReliableOptions,
  ReliableReport,
  ReliableSubscribeOptions,
  ReplayOptions,
  RetryOptions,
} from './api.ts';
export type { ReliableErrorCodes } from './errors.ts';
export { Reliable, reliable } from './plugin.ts';
