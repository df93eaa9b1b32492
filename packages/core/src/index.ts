export type {
  Bus,
  BusCore,
  BusState,
  HandleApi,
  HandleOptions,
  HandlerResult,
  StopOptions,
} from './bus.ts';
export { createBus } from './bus.ts';
export type { Stamp } from './clock.ts';
export type * from './contract.ts';
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
  Subscription,
} from './endpoint.ts';
export type { AsyncContext, Env, Timer } from './env.ts';
export type {
  Completion,
  Envelope,
  Headers,
  Message,
  MessageKind,
  MessageOf,
  Origin,
  Priority,
  SendOptions,
} from './envelope.ts';
export type { AnyBusError, BusErrorCode, BusErrorCodes } from './errors.ts';
export { BusError, busError } from './errors.ts';
export type {
  CollectHook,
  Deliver,
  Dispatch,
  FirstHook,
  HookPoints,
  ObserverHook,
  OutcomeArgs,
  OutcomeTapOptions,
  Send,
  SeriesHook,
  TapOptions,
  WaterfallHook,
  WrapHook,
} from './hooks.ts';
export type { BusReport, ExplainedEndpoint, Explanation } from './inspect.ts';
export type { Logger } from './log.ts';
export type { Overflow } from './mailbox.ts';
export type { Measurement } from './measurement.ts';
export type { BusMessage, MessageFields, MessageTraits } from './message.ts';
export { atLeast, oneOf, optionInvalid } from './option-checks.ts';
export type { BusOptions, Limits } from './options.ts';
export type { EndedCounts, Outcome, OutcomeCounts } from './outcomes.ts';
export type { Heartbeat, Peer, PeerChange } from './peer.ts';
export { PendingResult } from './pending-result.ts';
export { platformEnv } from './platform.ts';
export type {
  AnyPlugin,
  ApiOf,
  Capability,
  CapabilityToken,
  ErasedApi,
  ExtendedBy,
  Host,
  MergeApis,
  OwnApi,
  Plugin,
  PluginDefinition,
  ProvidesOf,
  ReceiveExtras,
  RequiresOf,
  SendExtras,
  SyntaxOf,
} from './plugin.ts';
export { capability, definePlugin } from './plugin.ts';
export { onAbort } from './signals.ts';
export type {
  AnySyntax,
  CheckedPattern,
  ExactSyntax,
  MatchedTopic,
  Pattern,
  PatternOf,
  Syntax,
} from './syntax.ts';
export { topicFault } from './topic.ts';
export { Verdict } from './verdict.ts';
