export type { GlobReading } from './compile-glob.ts';
export { compileGlob } from './compile-glob.ts';
export { contains, overlaps } from './containment.ts';
export type { GlobSyntax, NocaseGlobSyntax } from './glob-syntax.ts';
export type { GlobOptions, NocaseGlobRouter } from './plugin.ts';
export { GlobRouter, routerGlob } from './plugin.ts';
