import type { Logger } from '@bus/core';
import { platformEnv } from '@bus/core';
import type { TransportHost } from '@bus/wire';

/** A log of a bus whose failures the test causes. */
export const quietLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A host of a transport that is opened without a bus. */
export function quietHost(
  connected: TransportHost['connected'],
  failed: TransportHost['failed'] = () => undefined,
): TransportHost {
  return { env: platformEnv(), log: quietLog, busId: 'here', connected, failed };
}
