import { lib } from '@bus/tsup-config';

export default lib({
  entry: ['src/index.ts', 'src/bin.ts'],
  tsconfig: 'tsconfig.build.json',
  platform: 'node',
  // The program and the library share their code.
  splitting: true,
});
