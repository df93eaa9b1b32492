export type { Bus, BusCore, HandleApi, HandleOptions, HandlerResult } from './bus.ts';
export { createBus } from './bus.ts';
export type * from './contract.ts';
export { capability } from './contract.ts';
export type {
  Balance,
  Ending,
  Endpoint,
  EndpointChange,
  EndpointDefinition,
  EndpointExtras,
  EndpointPolicy,
  EndpointState,
  EndpointView,
  Matcher,
  Overflow,
  Subscription,
} from './endpoint/endpoint.ts';
export type { Listed, Loss, Queue, Queued, QueuedMessage } from './endpoint/queue.ts';
export { QueuedList } from './endpoint/queue.ts';
export type { AsyncContext, Env, Stamp, Timer } from './env.ts';
export { platformEnv } from './env.ts';
export type { AnyBusError, BusErrorCode, BusErrorCodes, Logger } from './errors.ts';
export { BusError, busError, withoutStack } from './errors.ts';
export type { BusReport, ExplainedEndpoint, Explanation } from './inspect.ts';
export type { BusState, StopOptions } from './lifecycle.ts';
export { topicFault } from './message/checks.ts';
export type {
  Envelope,
  Headers,
  Message,
  MessageKind,
  MessageOf,
  Origin,
  Priority,
  SendOptions,
} from './message/envelope.ts';
export type { BusMessage, MessageFields, MessageTraits } from './message/message.ts';
export type { BusOptions, Limits } from './options.ts';
export { atLeast, checkOptions, oneOf, optionInvalid } from './options.ts';
export { onAbort } from './outcome/deadlines.ts';
export type { Completion, EndedCounts, Outcome, OutcomeCounts } from './outcome/outcomes.ts';
export { Verdict } from './outcome/outcomes.ts';
export { isThenable } from './outcome/results.ts';
export type {
  CollectHook,
  Deliver,
  Dispatch,
  Fact,
  Facts,
  FirstHook,
  HookPoints,
  Measurement,
  ObserverHook,
  OutcomeArgs,
  OutcomeTapOptions,
  ReceiveExtras,
  SelectContext,
  Send,
  SendExtras,
  SeriesHook,
  TapOptions,
  WaterfallHook,
  WrapHook,
} from './plugin/hooks.ts';
export type { Host } from './plugin/host.ts';
export type {
  AnyPlugin,
  Plugin,
  PluginDefinition,
  ProvidesOf,
  RequiresOf,
} from './plugin/plugins.ts';
export { definePlugin } from './plugin/plugins.ts';
