import type { Measurement } from '@bus/core';
import type { Link } from './link.ts';

type Figure = readonly [name: string, help: string, value: number];

/** The figures of one link; none before it is up. Counts begin anew when a peer is linked anew. */
export function measurementsOf(link: Link): readonly Measurement[] {
  const { session, outgoing, receivedBytes, life, info } = link;
  if (session === undefined) return [];
  const { sender, receiver, unacked, peer } = session;
  const labels = { peer, transport: info.transport };
  const counters: readonly Figure[] = [
    ['link_messages_sent', 'Messages sent to the peer.', sender.messages],
    ['link_messages_received', 'Messages the peer has sent.', receiver.credit.messages],
    ['link_bytes_sent', 'Bytes given to the transport.', outgoing.bytes],
    ['link_bytes_received', 'Bytes that came from the transport.', receivedBytes],
  ];
  const gauges: readonly Figure[] = [
    ['link_unconfirmed', 'Messages sent and not accepted yet.', sender.window.unconfirmed],
    ['link_unacknowledged', 'Events sent and not acknowledged yet.', unacked.count],
    ['link_suspect', 'Whether the peer is silent for too long: 0 or 1.', life.suspect ? 1 : 0],
  ];
  const { roundTripMs } = life;
  const roundTrip: readonly Figure[] =
    roundTripMs === undefined
      ? []
      : [['link_round_trip_seconds', 'The last round trip.', roundTripMs / 1000]];
  const measured =
    (kind: Measurement['kind']) =>
    ([name, help, value]: Figure): Measurement => ({ name, help, kind, value, labels });
  return [
    ...counters.map(measured('counter')),
    ...[...gauges, ...roundTrip].map(measured('gauge')),
  ];
}
