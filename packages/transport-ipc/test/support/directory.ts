import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the test's own, with a short name. */
export async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ipc-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}
