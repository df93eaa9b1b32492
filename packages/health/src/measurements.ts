import type { Measurement } from '@bus/core';
import type { HealthInspection, HealthState } from './api.ts';
import type { WatchedPeer } from './peers.ts';

const peerStates: readonly HealthState[] = ['healthy', 'suspect', 'recovering', 'down'];

/** The figures of a bus, for whoever exports them. */
export function measurementsOf(
  { breakers, opened, failovers, refused, repeated, loop }: HealthInspection,
  peers: readonly WatchedPeer[],
): readonly Measurement[] {
  return [
    breakersIn('open', breakers.open),
    breakersIn('half-open', breakers.halfOpen),
    counter('health_breakers_opened', 'How often a breaker opened.', opened),
    counter('health_failovers', 'Messages that passed an unhealthy endpoint by.', failovers),
    counter('health_requests_refused', 'Requests refused as nobody healthy was left.', refused),
    counter('health_requests_repeated', 'Idempotent requests asked again.', repeated),
    ...peerStates.map((state) => peersIn(state, peers)),
    gauge('health_loop_lag_seconds', 'How late the event loop is.', loop.lagMs / 1000),
    gauge(
      'health_loop_lag_worst_seconds',
      'How late the event loop was at worst within the last minute.',
      loop.worstMs / 1000,
    ),
  ];
}

function breakersIn(state: string, value: number): Measurement {
  return gauge('health_breakers', 'Endpoints whose breakers are not closed.', value, { state });
}

function peersIn(state: HealthState, peers: readonly WatchedPeer[]): Measurement {
  const count = peers.filter((peer) => peer.state === state).length;
  return gauge('health_peers', 'Peers by state.', count, { state });
}

function counter(name: string, help: string, value: number): Measurement {
  return { name, help, kind: 'counter', value };
}

function gauge(
  name: string,
  help: string,
  value: number,
  labels?: Readonly<Record<string, string>>,
): Measurement {
  return { name, help, kind: 'gauge', value, labels };
}
