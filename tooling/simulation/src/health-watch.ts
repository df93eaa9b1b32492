import type { EndpointView } from '@bus/core';
import type { HealthChanged } from '@bus/health';
import type { Journal } from './journal.ts';

/** What a {@link HealthWatch} is to know of a run. */
export interface HealthWatchSettings {
  readonly id: string;
  readonly journal: Journal;
  readonly endpoints: () => readonly EndpointView[];
  /** Whether any link was ever cut: beyond a hub, lost peers count as failures. */
  readonly isAnyCut: () => boolean;
}

/** Watches what one bus tells of its breakers, as it happens. */
export class HealthWatch {
  readonly #settings: HealthWatchSettings;
  /** Endpoints held back for their failures. */
  readonly #broken = new Set<string>();

  constructor(settings: HealthWatchSettings) {
    this.#settings = settings;
  }

  changed({ subject, from, to, reason }: HealthChanged): void {
    const { id, journal, endpoints } = this.#settings;
    journal.note(id, `health ${subject.kind} ${subject.id} ${from}>${to}: ${reason}`);
    if (subject.kind === 'peer') return;
    if (to === 'healthy') this.#broken.delete(subject.id);
    if (to !== 'down' || reason === 'its peer was lost') return;
    const views = endpoints();
    const endpoint = views.find((view) => view.id === subject.id);
    // Of others, a view does not tell who their equals are.
    if (endpoint === undefined || !/^[qh]\./.test(endpoint.pattern)) return;
    if (from === 'healthy') this.#broken.add(subject.id);
    this.#checkHalf(endpoint, views);
    this.#checkSlow(endpoint, reason);
  }

  #checkHalf({ pattern, priority }: EndpointView, views: readonly EndpointView[]): void {
    const equals = views.filter((view) => view.pattern === pattern && view.priority === priority);
    const broken = equals.filter((view) => this.#broken.has(view.id)).length;
    if (broken <= Math.max(1, Math.floor(equals.length / 2))) return;
    const { id, journal } = this.#settings;
    journal.problem(`${id}: ${broken} of ${equals.length} equals of ${pattern} are held back`);
  }

  #checkSlow({ pattern, kind }: EndpointView, reason: string): void {
    const { id, journal, isAnyCut } = this.#settings;
    if (pattern !== 'h.slow' || (kind === 'remote' && isAnyCut())) return;
    journal.problem(`${id}: slow but alive, ${pattern} (${kind}) was opened: ${reason}`);
  }
}
