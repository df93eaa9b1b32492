import type { Capability, CapabilityToken } from '@bus/core';
import { capability } from '@bus/core';
import type { Authenticate, Authorize } from './options.ts';

/** What a plugin that guards all links of a bus provides; a link's own options go before it. */
export interface LinkGuard extends Capability {
  /** What the capability is found by. */
  readonly name: 'link-guard';
  /** What is on the bus once it is installed. */
  readonly api: LinkGuardApi;
}

/** Who may come in over a link, and what they may do. */
export interface LinkGuardApi {
  /** Asked by every link; what is missing is as if no plugin guarded. */
  readonly linkGuard: {
    /** Says who a peer is, where the link's options have no `authenticate`. */
    readonly authenticate?: Authenticate | undefined;
    /** Says what a peer may do, where the link's options have no `authorize`. */
    readonly authorize?: Authorize | undefined;
  };
}

/**
 * Names the capability that a plugin provides to guard every link of its bus.
 * @example
 * ```ts
 * const guard = definePlugin<LinkGuard>({
 *   name: 'guard',
 *   provides: LinkGuard,
 *   setup: () => ({
 *     linkGuard: { authorize: (principal, action) => action === 'subscribe' || principal === 'admin' },
 *   }),
 * });
 * ```
 */
export const LinkGuard: CapabilityToken<LinkGuard> = capability<LinkGuard>('link-guard');
