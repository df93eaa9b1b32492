import type { TransportFeatures } from '@bus/wire';
import type { Trial } from './trial.ts';

/** The features that can be declared or not. */
type Feature = 'ordered' | 'backpressure' | 'reconnect' | 'detectsClose' | 'transfers';

/** What the manifest of a link says. */
export interface Manifest {
  readonly features: TransportFeatures;
  /** One end listens. */
  readonly listens: boolean;
}

/** One thing a transport has to do. */
export interface Case {
  readonly title: string;
  /** Where a link does not declare it, the case is run as well, and must fail. */
  readonly feature?: Feature;
  /** Why the manifest leaves nothing to try, if so. */
  skip?(manifest: Manifest): string | undefined;
  /** How many times the suite's time it may take; default 1. */
  readonly patience?: number;
  run(trial: Trial): Promise<void>;
}
