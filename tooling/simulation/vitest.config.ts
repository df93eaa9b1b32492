import { nodeProject } from '@bus/vitest-config';

export default nodeProject('simulation', { testTimeout: 600_000 });
