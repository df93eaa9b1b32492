import { linkEffort } from './effort.mjs';
import { withEnds } from './ends.mjs';
import { clockOf, cpuEach, cpuUsed } from './one-way.mjs';
import { pin } from './pin.mjs';
import { cpuOf } from './usage.mjs';

/**
 * @typedef {{ bytes?: number, server?: string, [option: string]: unknown }} Options
 *
 * @param {string} peer
 * @param {Options} options
 * @param {{ call: string, figure: (result: any) => number, pinned?: boolean }} kind
 */
function requests(peer, { bytes = 128, server: serverName, ...options }, kind) {
  return (effort) =>
    withEnds({ server: serverName }, async ({ path, server, start }) => {
      const settings = {
        ...options,
        peer,
        bytes,
        path,
        inFlight: IN_FLIGHT,
        server: server?.address,
      };
      const responder = await start('responder', settings);
      const requester = await start('requester', { ...settings, address: responder.address });
      const { warmMs, measureMs } = linkEffort(effort);
      // Also where they come one by one: too few of these would leave the compiler at work.
      await requester.call('requestFor', warmMs);
      if (kind.pinned) {
        pin(responder.pid, 0);
        pin(requester.pid, 1);
      }
      const { result, cpu } = await cpuUsed(
        {
          requester: clockOf(requester),
          responder: clockOf(responder),
          ...(server && { broker: () => cpuOf(server.pid) }),
        },
        () => requester.call(kind.call, measureMs),
      );
      return { '': kind.figure(result), ...cpuEach(cpu, result.count) };
    });
}

/** How many wait for their reply at any time. */
export const IN_FLIGHT = 128;

/** Microseconds a request, many under way. @param {string} peer @param {Options} [options] */
export function requestsAtOnce(peer, options = {}) {
  const figure = ({ count, ms }) => (ms * 1000) / count;
  return requests(peer, options, { call: 'requestFor', figure });
}

/** Median microseconds from request to reply, one by one. @param {string} peer @param {Options} [options] */
export function requestsInTurn(peer, options = {}) {
  const figure = ({ p50 }) => p50 * 1000;
  return requests(peer, options, { call: 'medianFor', figure, pinned: true });
}
