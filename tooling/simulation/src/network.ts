import type { FaultyTransport, MemoryLink } from '@bus/testkit';
import { faultyTransport, memoryTransport } from '@bus/testkit';
import type { Transport } from '@bus/wire';
import type { Edge, Topology } from './topology.ts';
import type { World } from './world.ts';

/** A link between two stations, at whose connecting end the faults are. */
export interface Wire extends Edge {
  readonly transport: FaultyTransport;
  /** It was interrupted at least once, so something may have been lost. */
  cut: boolean;
}

/** What the buses of a run are linked by. */
export interface Network {
  readonly wires: readonly Wire[];
  /** By station, what it listens with. */
  readonly listeners: ReadonlyMap<number, Transport>;
}

export function networkOf(topology: Topology, world: World): Network {
  const { random } = world;
  const links = new Map<number, MemoryLink>();
  const framing = random.pick(['stream', 'stream', 'message'] as const);
  const bufferBytes = random.pick([1024, 16_384, 65_536]);
  const wires = topology.edges.map((edge): Wire => {
    const link = links.get(edge.listens) ?? memoryTransport({ framing, bufferBytes });
    links.set(edge.listens, link);
    const transport = faultyTransport(link.another(), { random: random.next, bufferBytes });
    return { ...edge, transport, cut: false };
  });
  const listeners = new Map([...links].map(([station, { left }]) => [station, left]));
  return { wires, listeners };
}
