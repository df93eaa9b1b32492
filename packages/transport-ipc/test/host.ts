import { platformEnv } from '@bus/core';
import type { TransportHost } from '@bus/wire';

/** A host of a transport that is opened without a bus. */
export function quietHost(
  connected: TransportHost['connected'],
  failed: TransportHost['failed'] = () => undefined,
): TransportHost {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return { env: platformEnv(), log, busId: 'here', connected, failed };
}
