import { busOptions } from '@bus/bus-options';

/**
 * Shared tsup options: ESM only, with declarations.
 * @param {Partial<import('tsup').Options>} [options]
 * @returns {import('tsup').Options}
 */
export const lib = (options = {}) => ({
  entry: ['src/index.ts'],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  dts: { compilerOptions: { customConditions: [], ignoreDeprecations: '6.0' } },
  sourcemap: true,
  clean: true,
  treeshake: true,
  splitting: false,
  define: busOptions,
  ...options,
});
