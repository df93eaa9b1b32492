import { nodeProject } from '@bus/vitest-config';

export default nodeProject('model', { testTimeout: 600_000 });
