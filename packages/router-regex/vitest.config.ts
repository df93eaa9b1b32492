import { nodeProject } from '@bus/vitest-config';

// Properties are tried on hundreds of cases, while other tests keep the machine busy.
export default nodeProject('router-regex', { testTimeout: 30_000 });
