export type { Filter, FilterRules, MessageStream, PubSubApi, SubscribeOptions } from './api.ts';
export { PubSub, pubsub } from './plugin.ts';
