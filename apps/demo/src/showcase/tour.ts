import type { WorkspaceBus } from '../assembly.ts';
import { answerOrchestrator } from '../modules/module.ts';
import { alerts, hanging, throwing } from './faults.ts';
import type { Finding } from './finding.ts';
import { interventions, requests } from './requests.ts';
import { filters, groups, patterns, unsubscribing } from './routing.ts';
import { iteration, latestOnly, priorities } from './slow-readers.ts';
import { workload } from './workload.ts';

/** Uses every feature on the live stream, beside the modules; they do not notice. */
export function tour(bus: WorkspaceBus): () => readonly Finding[] {
  const exhibits = [
    patterns(bus),
    priorities(bus),
    groups(bus),
    latestOnly(bus),
    filters(bus),
    iteration(bus),
    requests(bus),
    interventions(bus),
    unsubscribing(bus),
    throwing(bus),
    hanging(bus),
    alerts(bus),
    workload(bus),
  ];
  answerOrchestrator(bus, 'tour', {
    note: () => `${exhibits.length} features on show`,
    finish: async () => {
      for (const exhibit of exhibits) await exhibit.finish?.();
    },
  });
  return () => exhibits.map(({ feature, finding }) => ({ feature, finding: finding() }));
}
