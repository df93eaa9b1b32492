export type { AcmeApi, Sent } from './api.ts';
export { Acme } from './api.ts';
export type { AcmeOptions } from './plugin.ts';
export { acme } from './plugin.ts';
