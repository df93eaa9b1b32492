import { nodeProject } from '@bus/vitest-config';

export default nodeProject('transport-ipc', {
  globalSetup: './test/support/bundles.ts',
  // Many tests start processes, while other tests keep the machine busy.
  testTimeout: 30_000,
});
