import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { End } from './support/end.ts';
import { startChild } from './support/fixtures.ts';

it('lets a process end that has closed its links', async () => {
  const child = startChild('leaves', [join(await directory(), 'hub.sock')]);
  const ended = once(child, 'exit');
  await new End(transportIpc({ port: child })).open();
  expect(await ended).toEqual([0, null]);
});
