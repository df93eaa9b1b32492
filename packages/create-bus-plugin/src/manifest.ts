import type { Kind } from './kinds.ts';
import { kinds } from './kinds.ts';
import type { Names } from './names.ts';
import type { Own, Ranges } from './own.ts';
import { upToNextMajor } from './own.ts';
import { scope } from './scope.ts';

const tools = [
  '@arethetypeswrong/cli',
  '@changesets/cli',
  '@types/node',
  'publint',
  'tsup',
  'typescript',
  'vitest',
];

/** The `package.json` of a new package, ready to be published. */
export function manifestOf(kind: Kind, names: Names, own: Own): string {
  const { description, peers } = kinds[kind];
  const manifest = {
    name: names.package,
    version: '0.0.0',
    description,
    keywords: ['bus', kind, names.kebab],
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: own.node },
    files: ['dist', 'CHANGELOG.md'],
    types: './dist/index.d.ts',
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    publishConfig: { access: 'public' },
    scripts: {
      build: 'tsup',
      typecheck: 'tsc',
      test: 'vitest run',
      'check:pack': 'publint --strict && attw --pack . --profile esm-only',
      version: 'changeset version && npm install --package-lock-only',
      release: 'npm run build && npm run check:pack && changeset publish',
    },
    peerDependencies: rangesFor(peers, own.ranges, upToNextMajor),
    devDependencies: rangesFor([`${scope}/testkit`, ...tools], own.ranges),
    tsup: {
      entry: ['src/index.ts'],
      format: ['esm'],
      target: 'es2022',
      // tsup hands TypeScript an option that TypeScript 6 calls deprecated.
      dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
      sourcemap: true,
      clean: true,
    },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function rangesFor(
  packages: readonly string[],
  ranges: Ranges,
  widened = (range: string): string => range,
): Ranges {
  return Object.fromEntries(
    packages.toSorted().map((name) => {
      const range = ranges[name];
      if (range === undefined) throw new Error(`no version of ${name} is known: depend on it`);
      return [name, widened(range)];
    }),
  );
}
