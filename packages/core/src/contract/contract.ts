/** One topic of a contract. A topic with a `reply` can be requested; one without is an event. */
export interface ContractEntry {
  /** What a message on the topic carries. */
  readonly payload: unknown;
  /** What its handler answers. The key makes it a request topic, even where the type is `void`. */
  readonly reply?: unknown;
}

/** F-bounded so that plain interfaces qualify: `createBus<Shop>()`, no index signature needed. */
export type ContractShape<C> = { readonly [K in keyof C]: ContractEntry };

/** No contract: any topic, any payload. Also what plugin code sees. */
export type AnyContract = Record<string, { readonly payload: unknown; readonly reply: unknown }>;

/** The topics of a contract. */
export type Topic<C> = Extract<keyof C, string>;

/** The payload the contract gives for topic `K`. */
export type PayloadOf<C, K extends keyof C> = C[K] extends { readonly payload: infer P }
  ? P
  : never;

/** The reply the contract gives for topic `K`. */
export type ReplyOf<C, K extends keyof C> = C[K] extends { readonly reply: infer R } ? R : never;

/** Topics that have a reply. */
export type RequestTopic<C> = {
  [K in Topic<C>]: C[K] extends { readonly reply: unknown } ? K : never;
}[Topic<C>];

/** Topics that have none; without a contract, every topic may be either. */
export type EventTopic<C> = string extends keyof C ? string : Exclude<Topic<C>, RequestTopic<C>>;
