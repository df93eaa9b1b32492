import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

/** What must compile and what must not, of all packages at once: one compiler reads the sources once. */
export default defineProject({
  test: {
    name: 'types',
    dir: fileURLToPath(new URL('../../packages', import.meta.url)),
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      include: ['*/test/**/*.test-d.ts'],
      tsconfig: fileURLToPath(new URL('source.tsconfig.json', import.meta.url)),
    },
  },
});
