import { nodeProject } from '@bus/vitest-config';

export default nodeProject('reliable');
