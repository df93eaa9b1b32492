import { defineConfig } from 'vitest/config';

// Not a project of the root: these tests start other programs, and are a step of CI of their own.
export default defineConfig({
  test: { root: import.meta.dirname, include: ['test/*.test.mjs'], testTimeout: 60_000 },
});
