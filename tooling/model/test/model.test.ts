import { test } from 'vitest';
import { drive } from '../src/drive.ts';
import { programs } from '../src/programs.ts';
import { pseudoCode } from '../src/pseudo-code.ts';
import { check, runs } from '../src/replay.ts';

test(`${runs} programs end on a bus as they do in the model`, async () => {
  await check(programs, drive, { file: 'model.test', runs, text: pseudoCode });
});
