import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { nodeProject } from '@bus/vitest-config';

// The files that are bundled: those for Node would look for an addon, and keep to themselves how it is set.
const msgpackr = join(dirname(createRequire(import.meta.url).resolve('msgpackr')), '..');

export default nodeProject('wire', {}, [
  { find: /^msgpackr$/, replacement: join(msgpackr, 'index.js') },
  { find: /^msgpackr\/unpack$/, replacement: join(msgpackr, 'unpack.js') },
]);
