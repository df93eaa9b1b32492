import type { Env, Host } from '@bus/core';
import type { PayloadCodec } from '../codec/payload-codec.ts';
import type { Entrance } from '../greeting/access.ts';
import type { Border } from '../interest/borders.ts';
import type { BatchMemory } from '../out/batch-memory.ts';
import type { MessageWriter } from '../out/message-writer.ts';
import type { Authorize, BatchingOptions, LinkLimits, LinkOptions } from '../plugin/options.ts';
import type { TransportFeatures } from '../plugin/transport.ts';
import type { Heartbeat } from './peer.ts';

/** What the links of one transport share. */
export interface LinkContext {
  readonly host: Host;
  readonly env: Env;
  /** Shown in reports and system events, such as `ipc`. */
  readonly transport: string;
  readonly features: TransportFeatures;
  /** Made anew by each transport of a bus that starts. */
  readonly instance: string;
  readonly idPrefix: string;
  readonly options: LinkOptions;
  readonly limits: LinkLimits;
  readonly batching: BatchingOptions;
  /** How silence is judged, unless a plugin says otherwise of a link. */
  readonly heartbeat: Heartbeat;
  readonly entrance: Entrance;
  readonly codecs: readonly PayloadCodec[];
  /** What this bus takes from the peer. */
  readonly receives: Border;
  /** What this bus sends to the peer. */
  readonly sends: Border;
  /** Whether what the peer says of others is believed. */
  readonly trusted: boolean;
  readonly relay: boolean;
  readonly writer: MessageWriter;
  readonly memory: BatchMemory;
  /** What a peer may do, where somebody says. */
  authorize(): Authorize | undefined;
}
