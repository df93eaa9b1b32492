export type { Delivered, RecentApi } from './api.ts';
export { Recent } from './api.ts';
export type { RecentOptions } from './plugin.ts';
export { recent } from './plugin.ts';
