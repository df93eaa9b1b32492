import type { Journal } from './journal.ts';
import type { Station } from './station.ts';

/**
 * All links are well, and what works again is used again. Where links form a ring, those who block can
 * wait for each other in a circle, and a way can lead back to where it began: what is tried there is
 * not answered.
 */
export function checkHealth(journal: Journal, stations: readonly Station[], ways: number): void {
  for (const station of stations) {
    const { id, health, links } = station;
    if (health === undefined || station.state !== 'up') continue;
    const { peers } = health.check();
    for (const { peer } of links) {
      const states = peers.filter((other) => other.id === peer).map(({ state }) => state);
      if (states.join() !== 'healthy') {
        journal.problem(`${id}: peer ${peer} is linked and ${states.join() || 'not known'}`);
      }
    }
    for (const { pattern, kind, id: endpoint } of station.unhealthy) {
      if (!pattern.startsWith('h.')) continue;
      const { state, reason } = health.of(endpoint) ?? {};
      if (ways > 1 && kind === 'remote' && state === 'recovering') continue;
      journal.problem(`${id}: ${pattern} works and is ${state}: ${reason}`);
    }
  }
}
