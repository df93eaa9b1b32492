import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The tests of the docs' example plugin, which is outside the workspace, against the sources here. */
export default defineProject({
  resolve: { alias: { '@bus/core': at('../../packages/core/src/index.ts') } },
  test: {
    name: 'example-plugin',
    dir: at('../../examples/plugin'),
    include: ['**/*.test.ts'],
  },
});
