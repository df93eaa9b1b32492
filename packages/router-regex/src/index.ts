export type { RegexEngine } from './matcher.ts';
export type { RegexRouterOptions } from './plugin.ts';
export { RegexRouter, routerRegex } from './plugin.ts';
export type { RegexSyntax } from './syntax.ts';
export { untrusted } from './trust.ts';
