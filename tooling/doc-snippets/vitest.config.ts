import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The packages by name, at their sources. */
const sources = readdirSync(at('../../packages')).map((name) => ({
  find: `@bus/${name}`,
  replacement: at(`../../packages/${name}/src/index.ts`),
}));

/** The tests of the examples, which are outside the workspace, against the sources here. */
export default defineProject({
  resolve: {
    alias: sources,
    conditions: ['@bus/source', 'module', 'node', 'import', 'default'],
  },
  ssr: { resolve: { conditions: ['@bus/source', 'module', 'node', 'import', 'default'] } },
  test: {
    name: 'examples',
    dir: at('../../examples'),
    include: ['*/test/**/*.test.ts'],
  },
});
