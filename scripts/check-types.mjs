// Three checks of what the published types promise:
// the type tests once more, against the built declarations instead of the sources,
// the declarations of a program that finds the packages it has asked for and no others, and
// how much work a large contract makes for the compiler (instantiations are stable, time is not).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { consumerSources } from '../tooling/type-tests/consumer-source.mjs';
import { scaleSource } from '../tooling/type-tests/scale-source.mjs';
import { installIsolated } from './isolated.mjs';
import { publicPackages, root } from './packed.mjs';

/** Packages that no program asks for by name. */
const behind = ['wire', 'create-bus-plugin'];

const budget = 250_000;
const tsc = join(root, 'node_modules/typescript/bin/tsc');

const compile = (config, ...args) =>
  execFileSync(process.execPath, [tsc, '-p', resolve(root, config), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const attempt = (what, run) => {
  try {
    return run();
  } catch (error) {
    console.error(`${what}:\n${error.stdout ?? error}`);
    process.exitCode = 1;
    return undefined;
  }
};

attempt('type tests against the built declarations', () => {
  compile('tooling/type-tests/built.tsconfig.json');
  console.log('type tests hold on the built declarations');
});

const consumer = realpathSync(mkdtempSync(join(tmpdir(), 'consumer-')));
installIsolated(
  consumer,
  publicPackages().filter((place) => !behind.includes(basename(place))),
);
writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
for (const [name, source] of Object.entries(consumerSources)) {
  writeFileSync(join(consumer, `${name}.ts`), source);
  writeFileSync(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tooling/tsconfig/base.json'),
      compilerOptions: {
        customConditions: [],
        isolatedDeclarations: false,
        noEmit: false,
        emitDeclarationOnly: true,
        outDir: 'out',
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files: [`${name}.ts`],
    }),
  );
  attempt(`a program with isolated packages: ${name}`, () => {
    compile(consumer);
    console.log(`${name}: its declarations name only packages that it has asked for`);
  });
}
rmSync(consumer, { recursive: true, force: true });

const generated = join(root, 'apps/demo/node_modules/.cache/type-budget');
mkdirSync(generated, { recursive: true });
try {
  writeFileSync(
    join(generated, 'scale.ts'),
    scaleSource({ topics: 300, plugins: 10, subscriptions: 40 }),
  );
  writeFileSync(
    join(generated, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tooling/tsconfig/test.json'),
      compilerOptions: { customConditions: [], skipLibCheck: true },
      include: ['scale.ts'],
    }),
  );
  const report = attempt('the scale program', () =>
    compile('apps/demo/node_modules/.cache/type-budget', '--extendedDiagnostics'),
  );
  const count = Number(/Instantiations:\s+(\d+)/.exec(report ?? '')?.[1]);
  if (count > 0) {
    console.log(`300 topics, 10 plugins, 40 wildcard subscriptions: ${count} instantiations`);
    if (count > budget) {
      console.error(`over the budget of ${budget}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(generated, { recursive: true, force: true });
}
