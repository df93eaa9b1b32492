import type { LinkOptions } from '@bus/wire';

/** All that the page may ask, and be told. */
export const pageBorder: Pick<LinkOptions, 'receive' | 'send'> = {
  receive: ['analysis.report', 'state.current'],
  send: [
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
