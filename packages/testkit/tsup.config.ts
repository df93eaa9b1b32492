import { lib } from '@bus/tsup-config';

// The virtual clock is a private package of this repository: it is published as part of this one.
export default lib({
  tsconfig: 'tsconfig.build.json',
  noExternal: ['@bus/virtual-env'],
  dts: {
    resolve: ['@bus/virtual-env'],
    compilerOptions: { customConditions: [], ignoreDeprecations: '6.0' },
  },
});
