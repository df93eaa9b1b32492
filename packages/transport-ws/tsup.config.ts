import { lib } from '@bus/tsup-config';

export default lib({
  entry: ['src/index.ts', 'src/browser.ts'],
  external: [/^node:/],
  removeNodeProtocol: false,
  tsconfig: 'tsconfig.build.json',
});
