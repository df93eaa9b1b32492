import { nodeProject } from '@bus/vitest-config';

// Without `module`: what OpenTelemetry has under that condition is for bundlers, not for Node.
const conditions = ['@bus/source', 'node', 'import', 'default'];

export default {
  ...nodeProject('metrics'),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};
