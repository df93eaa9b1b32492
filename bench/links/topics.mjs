/** What is published to. */
export const EVENT = 'bench.event';
/** What is asked. */
export const ASK = 'bench.ask';
