export type { Surroundings } from './main.ts';
export { main } from './main.ts';
