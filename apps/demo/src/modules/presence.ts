import type { Bus } from '@bus/core';
import type { Health, SubjectHealth } from '@bus/health';
import type { Metrics } from '@bus/metrics';
import type { PubSub } from '@bus/pubsub';
import type { Reliable } from '@bus/reliable';
import type { Reliability } from '../contract/deliveries.ts';
import type { SubjectState } from '../contract/health.ts';
import type { ProcessReport } from '../contract/processes.ts';
import type { Workspace } from '../contract.ts';

type PresentBus = Bus<Workspace, PubSub | Health | Reliable | Metrics>;

/** Answers for a whole process: what it is, how it is, and that its modules begin. */
export function presence(
  bus: PresentBus,
  { runs, modules, start }: Pick<ProcessReport, 'runs' | 'modules'> & { start(): void },
): void {
  const { id } = bus;
  const { pid } = process;
  bus.handle(
    'process.report',
    () => {
      const { outcomes } = bus.inspect();
      const [health, reliability] = [healthOf(bus), reliabilityOf(bus)];
      return { id, pid, runs, modules, outcomes, health, reliability };
    },
    { name: 'process.report' },
  );
  bus.handle('process.metrics', async () => ({ id, text: await bus.metrics.prometheus() }), {
    name: 'process.metrics',
  });

  // System events stay on their bus: this one is for the others, too.
  bus.subscribe('$bus.dead-letter', ({ payload }) => {
    const letter = payload as Omit<Workspace['dead-letter.kept']['payload'], 'by'>;
    return bus.publish('dead-letter.kept', { by: id, ...letter });
  });
  bus.handle(
    'dead-letters.replay',
    async () => {
      const replayed = await bus.deadLetters.replay();
      return { by: id, replayed, left: bus.deadLetters.count };
    },
    { name: 'dead-letters.replay' },
  );

  let started = false;
  bus.handle(
    'system.start',
    () => {
      if (started) return;
      started = true;
      start();
    },
    { name: 'system.start' },
  );
}

function healthOf(bus: PresentBus): readonly SubjectState[] {
  const { peers, endpoints } = bus.health.check();
  // What is beyond a peer that is not well is as it is, and need not be told.
  const unwell = new Set(peers.filter(({ state }) => state !== 'healthy').map(({ id }) => id));
  const beyond = new Set(
    bus
      .endpoints()
      .filter((endpoint) => unwell.has(endpoint.bus))
      .map(({ id }) => id),
  );
  const stateOf = ({ kind, id, name = id, state, reason = '' }: SubjectHealth): SubjectState => {
    return { kind, name, state, reason };
  };
  return [
    ...peers.map((peer) => {
      const { roundTripMs } = peer;
      return { ...stateOf(peer), ...(roundTripMs === undefined ? {} : { roundTripMs }) };
    }),
    ...endpoints.filter(({ id }) => !beyond.has(id)).map(stateOf),
  ];
}

/** What its plugins have counted; also once the bus has stopped. */
export function reliabilityOf(bus: PresentBus): Reliability {
  const { measurements } = bus.metrics.snapshot();
  const sum = (name: string): number =>
    measurements
      .filter((measurement) => measurement.name === name)
      .reduce((total, { value }) => total + value, 0);
  return {
    retries: sum('reliable_retries'),
    sentAgain: sum('reliable_resent'),
    deadLettersLeft: sum('reliable_dead_letters'),
  };
}
