export { AcmeRouter, routerAcme } from './plugin.ts';
export type { AcmeSyntax } from './syntax.ts';
