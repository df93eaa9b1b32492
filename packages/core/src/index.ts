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
export type {
  ApiOf,
  Capability,
  CapabilityToken,
  ErasedApi,
  ExtendedBy,
  MergeApis,
  OwnApi,
  SyntaxOf,
} from './capability.ts';
export { capability } from './capability.ts';
export type { Stamp } from './clock.ts';
export type * from './contract.ts';
export type { Ending, Endpoint } from './endpoint.ts';
export type {
  Balance,
  EndpointDefinition,
  EndpointExtras,
  EndpointPolicy,
} from './endpoint-definition.ts';
export type { EndpointChange, EndpointState, EndpointView } from './endpoint-view.ts';
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
export type { ExplainedEndpoint, Explanation } from './explain.ts';
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
export type { Host, ReceiveExtras, SendExtras } from './host.ts';
export type { BusReport } from './inspect.ts';
export type { Logger } from './log.ts';
export type { Overflow } from './mailbox.ts';
export type { Matcher } from './matcher.ts';
export type { Measurement } from './measurement.ts';
export type { BusMessage } from './message.ts';
export { atLeast, oneOf, optionInvalid } from './option-checks.ts';
export type { BusOptions, Limits } from './options.ts';
export type { EndedCounts, Outcome, OutcomeCounts } from './outcomes.ts';
export type { Heartbeat, Peer, PeerChange } from './peer.ts';
export { PendingResult } from './pending-result.ts';
export { platformEnv } from './platform.ts';
export type { AnyPlugin, Plugin, PluginDefinition, ProvidesOf, RequiresOf } from './plugin.ts';
export { definePlugin } from './plugin.ts';
export { isThenable } from './promises.ts';
export { onAbort } from './signals.ts';
export type { Subscription } from './subscription.ts';
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
export type { MessageFields, MessageTraits } from './traits.ts';
export { Verdict } from './verdict.ts';
