import { lib } from '@bus/tsup-config';

export default lib({ entry: ['src/main.ts'], platform: 'node', format: ['esm'], dts: false });
