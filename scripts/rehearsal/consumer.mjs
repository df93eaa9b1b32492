// A program that has installed the kernel and one plugin, and nothing else.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { manifestOf, neededBy, scope } from '../packed.mjs';
import { output, run } from './commands.mjs';
import { nodeTypes, tsc } from './tools.mjs';

const kernel = `${scope}core`;
/** Packages that are no plugins. */
const noPlugins = new Set(['core', 'wire', 'testkit']);
/** What plugins are called with that need an option: these listen. */
const needed = {
  transportIpc: "{ listen: 'rehearsal.sock' }",
  transportWs: '{ listen: { port: 0 } }',
};

/** Packages whose declarations name things of Node. */
const forNode = /transport-|testkit/;

/**
 * Installs a package beside the kernel in a new folder, and uses it in every way that is supported.
 * @param {string} folder in which the new one goes
 * @param {string} place the package, in the repository
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkConsumer(folder, place, env) {
  const { name, peerDependencies } = manifestOf(place);
  const at = join(folder, basename(place));
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{ "private": true, "type": "module" }\n');
  await run('npm', ['install', ...new Set([kernel, name])], { cwd: at, env });
  checkInstalled(at, place);

  const plugins = Object.keys(peerDependencies ?? {}).filter(
    (peer) => peer.startsWith(scope) && peer !== kernel,
  );
  const uses = usesOf([...plugins, name]);
  await checkModules(at, name, uses, env);
  await checkTypes(at, name, uses);
}

/** Nothing may come along but what the package says it is built on, nor run when it is installed. */
function checkInstalled(at, place) {
  const { packages } = JSON.parse(
    readFileSync(join(at, 'node_modules/.package-lock.json'), 'utf8'),
  );
  const scripted = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
  if (scripted.length > 0) throw new Error(`pnpm refuses to install ${scripted.join(', ')}`);
  const expected = [...neededBy({ dependencies: { [kernel]: '*', [manifestOf(place).name]: '*' } })]
    .map((needed) => manifestOf(needed).name)
    .filter((name) => name.startsWith(scope))
    .sort();
  const installed = readdirSync(join(at, 'node_modules', scope)).map((name) => scope + name);
  if (installed.sort().join() === expected.join()) return;
  throw new Error(`installed are ${installed.join(', ')}, where ${expected.join(', ')} are needed`);
}

/** The plugins among packages, as their users write them: `@bus/router-glob` is `routerGlob()`. */
function usesOf(names) {
  return names.flatMap((name) => {
    const plugin = name.slice(scope.length).replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    const call = `${plugin}(${needed[plugin] ?? ''})`;
    return noPlugins.has(plugin) ? [] : [{ name, plugin, call }];
  });
}

/** A bus that has the plugins and, but for what would listen, runs; then the names of the exports. */
function programOf(uses) {
  const runs = `
await bus.start();
await bus.notify('greetings', 1);
await bus.stop();`;
  return `
const bus = createBus().use(${callsOf(uses)});
bus.handle('greetings', () => undefined);${uses.some(listens) ? '' : runs}
console.log(Object.keys(bus.inspect().plugins).join());
console.log(Object.keys(own).sort().join());
`;
}

const listens = ({ plugin }) => plugin in needed;
const callsOf = (uses) => uses.map(({ call }) => call).join(', ');

/** ESM and CommonJS give the same module, and it works. */
async function checkModules(at, name, uses, env) {
  const from = [['{ createBus }', kernel], ...uses.map((use) => [`{ ${use.plugin} }`, use.name])];
  const imports = [...from, ['* as own', name]].map(([what, of]) => `import ${what} from '${of}';`);
  const requires = [...from, ['own', name]].map(
    ([what, of]) => `const ${what} = require('${of}');`,
  );
  const program = programOf(uses);
  writeFileSync(join(at, 'imported.mjs'), imports.join('\n') + program);
  writeFileSync(
    join(at, 'required.cjs'),
    `${requires.join('\n')}\n(async () => {${program}})();\n`,
  );
  // `require` of ESM warns that it is experimental.
  const options = { cwd: at, env: { ...env, NODE_NO_WARNINGS: '1' } };
  const imported = await output(process.execPath, ['imported.mjs'], options);
  const required = await output(process.execPath, ['required.cjs'], options);
  const expected = uses.map((use) => use.name).join();
  const [plugins, exported] = imported.split('\n');
  if (plugins !== expected || exported === '') throw new Error(`import gives\n${imported}`);
  if (required !== imported) throw new Error(`require() gives\n${required}and import\n${imported}`);
}

/** Its declarations hold in the strictest program, in both ways of finding modules. */
async function checkTypes(at, name, uses) {
  writeFileSync(
    join(at, 'types.ts'),
    `import { createBus } from '${kernel}';
import * as own from '${name}';
${uses.map((use) => `import { ${use.plugin} } from '${use.name}';`).join('\n')}
interface Shop { 'orders.created': { payload: { id: number } } }
export const bus = createBus<Shop>().use(${callsOf(uses)});
bus.handle('orders.created', ({ payload }) => void payload.id.toFixed());
// @ts-expect-error: the contract has no such topic
bus.handle('orders.eaten', () => undefined);
export const names: readonly string[] = Object.keys(own);
`,
  );
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const config = join(at, `tsconfig.${moduleResolution}.json`);
    writeFileSync(
      config,
      JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: 'es2022',
          lib: ['es2023', 'esnext.disposable', 'dom'],
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          // The compiler's own.
          skipDefaultLibCheck: true,
          noEmit: true,
          typeRoots: [nodeTypes],
          types: forNode.test(name) ? ['node'] : [],
        },
        files: ['types.ts'],
      }),
    );
    await run(process.execPath, [tsc, '-p', config], { cwd: at });
  }
}
