// What a page gets that uses the kernel, three plugins and the link of browsers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { scope } from '../packed.mjs';
import { output, run } from './commands.mjs';
import { esbuild, vite } from './tools.mjs';

const installed = ['core', 'pubsub', 'router-glob', 'correlation', 'transport-ws'].map(
  (name) => scope + name,
);
/** Transports are built on the wire. */
const bundled = [...installed, `${scope}wire`].sort();

const page = `
import { createBus } from '${scope}core';
import { correlation } from '${scope}correlation';
import { pubsub } from '${scope}pubsub';
import { routerGlob } from '${scope}router-glob';
import { transportWs } from '${scope}transport-ws';

const plugins = () => [routerGlob(), pubsub(), correlation()];
export const linked = (url) => createBus().use(...plugins(), transportWs({ connect: url }));
const bus = await createBus().use(...plugins()).start();
bus.subscribe('orders.*', ({ topic }) => console.log(topic));
await bus.publish('orders.created', {});
await bus.stop();
`;

/**
 * Installs the five in a new folder and bundles a page, with esbuild and with Vite.
 * @param {string} at the folder
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkBundles(at, env) {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(at, 'page.js'), page);
  await run('npm', ['install', ...installed], { cwd: at, env });
  for (const [bundler, bundle] of [
    ['esbuild', byEsbuild],
    ['Vite', byVite],
  ]) {
    const { file, modules, outside } = await bundle(at);
    checkModules(bundler, modules, outside);
    const printed = await output(process.execPath, [file], { cwd: at, env });
    if (printed !== 'orders.created\n') throw new Error(`${bundler}'s bundle prints ${printed}`);
  }
}

function checkModules(bundler, modules, outside) {
  const builtins = [...modules, ...outside].filter(
    (module) => isBuiltin(module) || module.includes('vite-browser-external'),
  );
  if (builtins.length > 0) throw new Error(`${bundler} bundles ${builtins.join(', ')}`);
  if (outside.length > 0) throw new Error(`${bundler} leaves out ${outside.join(', ')}`);
  const packages = new Set(modules.flatMap((module) => packageOf(module) ?? []));
  const own = [...packages].filter((name) => name.startsWith(scope)).sort();
  if (own.join() !== bundled.join()) {
    throw new Error(`${bundler} bundles ${own.join(', ')}, where ${bundled.join(', ')} are used`);
  }
  if (packages.has('ws')) throw new Error(`${bundler} bundles ws, which is for Node`);
}

function packageOf(module) {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module.replaceAll('\\', '/'))?.[1];
}

async function byEsbuild(at) {
  const file = join(at, 'by-esbuild.js');
  const { metafile } = await esbuild.build({
    absWorkingDir: at,
    entryPoints: ['page.js'],
    outfile: file,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    metafile: true,
    logLevel: 'warning',
  });
  const outputs = Object.values(metafile.outputs);
  return {
    file,
    // What is left after shaking the tree.
    modules: outputs.flatMap(({ inputs }) => Object.keys(inputs)),
    outside: outputs.flatMap(({ imports }) => imports.map(({ path }) => path)),
  };
}

async function byVite(at) {
  const { output: chunks } = await vite.build({
    root: at,
    logLevel: 'warn',
    build: {
      outDir: 'by-vite',
      target: 'es2022',
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: join(at, 'page.js'),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'page.mjs' },
      },
    },
  });
  return {
    file: join(at, 'by-vite/page.mjs'),
    modules: chunks.flatMap((chunk) => Object.keys(chunk.modules ?? {})),
    outside: chunks.flatMap((chunk) => chunk.imports ?? []),
  };
}
