import type { BusMessage, Dispatch, Endpoint } from '@bus/core';
import type { LinkContext } from '../link/link-context.ts';
import type { RemoteEndpoint, SentDefinition } from './remote-endpoint.ts';

/**
 * The tap by which links accept what is sent to their peers. They encode it before anybody has it: its
 * sender is told at once where it cannot travel, and may use its bytes again afterwards.
 */
export function acceptance(context: LinkContext): (next: Dispatch) => Dispatch {
  return (next) => (given, targets) => {
    const message = given as BusMessage;
    let waits: RemoteEndpoint | undefined;
    let refused: Map<Endpoint, unknown> | undefined;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as Endpoint;
      const remote = remoteOf(target, context);
      if (remote === undefined) continue;
      try {
        remote.forwarder.encode(message);
        if (waits === undefined && remote.mustWait(message)) waits = remote;
      } catch (error) {
        refused ??= new Map();
        refused.set(target, error);
      }
    }
    const isShared = waits !== undefined && targets.some(({ isRemote }) => !isRemote);
    const accepted = waits?.forwarder.kept(message, isShared) ?? message;
    if (refused === undefined) return next(accepted, targets);
    passOn(next, accepted, targets, refused);
    throw refused.values().next().value;
  };
}

/** Those that a message can travel to get it all the same. */
function passOn(
  next: Dispatch,
  message: BusMessage,
  targets: readonly Endpoint[],
  refused: ReadonlyMap<Endpoint, unknown>,
): void {
  const others = targets.filter((target) => !refused.has(target));
  if (others.length === 0) return;
  // Whoever asked what becomes of it at each target is told so of the refused by their handlers.
  const count = next(message, message.completion === undefined ? others : targets);
  if (typeof count !== 'number') count.catch(() => undefined);
}

/** What sends the messages of an endpoint, if it is one of these links. */
function remoteOf(
  { isRemote, extras }: Endpoint,
  context: LinkContext,
): RemoteEndpoint | undefined {
  if (!isRemote) return undefined;
  const { remote } = extras as Partial<SentDefinition>;
  return remote?.forwarder.context === context ? remote : undefined;
}
