import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { bundled, directory, End, startChild } from './support.ts';

it('lets a process end that has closed its links', async () => {
  const { file, remove } = await bundled('leaves');
  onTestFinished(remove);
  const child = startChild(file, [join(await directory(), 'hub.sock')]);
  const ended = once(child, 'exit');
  await new End(transportIpc({ port: child })).open();
  expect(await ended).toEqual([0, null]);
});
