import type { LinkOptions } from '@bus/wire';

/** All that the page may ask, and be told. */
export const pageBorder: Pick<LinkOptions, 'export' | 'import'> = {
  export: ['analysis.report', 'state.current'],
  import: [
    'meter.figures',
    'window.*',
    'state.changed',
    'advice.given',
    'system.health',
    'system.processes',
    'process.lost',
    'process.restarted',
    'health.changed',
    'dead-letter.*',
    'chaos.faults',
    'system.deliveries',
  ],
};
