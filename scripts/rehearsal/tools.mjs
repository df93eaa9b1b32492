// Compilers and bundlers as the workspace has them: the folders of the rehearsal install none.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../packed.mjs';

const fromRoot = createRequire(join(root, 'package.json'));
const fromVitest = createRequire(fromRoot.resolve('vitest'));
const fromWebSockets = createRequire(join(root, 'packages/transport-ws/package.json'));

export const tsc = fromRoot.resolve('typescript/bin/tsc');

/** Where the declarations of Node are, for packages that are for Node. */
export const nodeTypes = dirname(dirname(fromRoot.resolve('@types/node/package.json')));

export const vite = await import(pathToFileURL(fromVitest.resolve('vite')).href);

export const esbuild = fromWebSockets('esbuild');
