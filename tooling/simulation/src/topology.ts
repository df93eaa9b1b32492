import type { Random } from './random.ts';

/** Who connects to whom, by number. */
export interface Edge {
  readonly listens: number;
  readonly connects: number;
}

/** How the buses of a run are linked. */
export interface Topology {
  readonly shape: 'star' | 'chain' | 'two hubs' | 'ring';
  readonly buses: number;
  readonly edges: readonly Edge[];
  /** Ways from one bus to another; over each, a message arrives once. */
  readonly ways: number;
}

export function topologyOf(random: Random): Topology {
  const buses = random.pick([2, 2, 3, 3, 3, 4, 4, 5]);
  const shapes = buses < 3 ? (['star'] as const) : (['star', 'chain', 'two hubs', 'ring'] as const);
  const shape = random.pick(shapes);
  return { shape, buses, edges: edgesOf(shape, buses, random), ways: shape === 'ring' ? 2 : 1 };
}

function edgesOf(shape: Topology['shape'], buses: number, random: Random): readonly Edge[] {
  const others = Array.from({ length: buses - 1 }, (_, at) => at + 1);
  switch (shape) {
    case 'star':
      return others.map((connects) => ({ listens: 0, connects }));
    case 'two hubs':
      return others.map((connects) => ({
        listens: connects === 1 ? 0 : random.whole(0, 1),
        connects,
      }));
    default: {
      const chain = others.map((connects) => ({ listens: connects - 1, connects }));
      return shape === 'chain' ? chain : [...chain, { listens: buses - 1, connects: 0 }];
    }
  }
}
