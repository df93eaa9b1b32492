import { test } from 'vitest';
import { pair } from '../support/buses.ts';

test('an interest that is always busy leaves the others their turn', async () => {
  const two = await pair({ limits: { pendingRequests: 4 } });
  const soon = (): Promise<void> => new Promise((done) => void two.env.setTimer(done, 1));
  two.left.handle('busy', soon);
  two.left.handle('rare', soon);
  await two.settle();
  let isBusy = true;
  const askers = Array.from({ length: 32 }, async () => {
    while (isBusy) await two.right.request('busy', 0, { timeoutMs: 60_000 });
  });
  await two.env.advance(5);
  for (let n = 0; n < 3; n++) {
    await two.run(two.right.request('rare', n, { timeoutMs: 60_000 }), 500);
  }
  isBusy = false;
  await two.run(Promise.all(askers));
});
