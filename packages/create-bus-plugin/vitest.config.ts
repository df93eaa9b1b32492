import { nodeProject } from '@bus/vitest-config';

// The templates are tested as they are, before anything is made of them.
export default nodeProject('create-bus-plugin', {
  include: ['test/**/*.test.ts', 'templates/*/test/**/*.test.ts'],
});
