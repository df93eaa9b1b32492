export type {
  Acknowledgeable,
  BackoffOptions,
  DeadLetterOverflow,
  NotReliable,
  ReliableApi,
  ReliableOptions,
  ReliableReport,
  ReliableSubscribeOptions,
  RetryOptions,
} from './api.ts';
export type {
  DeadLetter,
  DeadLetterError,
  DeadLetterFilter,
  DeadLetterReason,
  DeadLetters,
  ReplayOptions,
} from './dead-letters.ts';
export type { ReliableErrorCodes } from './errors.ts';
export { Reliable, reliable } from './plugin.ts';
