import { lib } from '@bus/tsup-config';
import { defineConfig } from 'tsup';

export default defineConfig([
  lib({
    entry: ['src/main.ts', 'src/part.ts'],
    platform: 'node',
    splitting: true,
    dts: false,
    clean: ['!page/**'],
  }),
  lib({
    entry: ['src/page/page.ts', 'src/page/page.css'],
    outDir: 'dist/page',
    publicDir: 'src/page/static',
    platform: 'browser',
    noExternal: [/./],
    minify: true,
    sourcemap: false,
    dts: false,
    clean: false,
  }),
]);
