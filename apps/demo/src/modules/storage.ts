import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import type { Batch, Workspace } from '../contract.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';
import { Windows } from './windows.ts';

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);

export const windowMs = 250;
/** Half a minute of them. */
const keptWindows = 120;

/** Collects raw events into batches, keeps the newest of them packed, and streams them on request. */
export function storage(bus: Bus<Workspace, PubSub | GlobRouter>): Module {
  const windows = new Windows(windowMs);
  const kept: Buffer[] = [];
  let stored = 0;
  let lost = 0;
  let storing = Promise.resolve();

  const store = async (batch: Batch): Promise<void> => {
    kept.push(await pack(JSON.stringify(batch)));
    if (kept.length > keptWindows) kept.shift();
    stored++;
    await bus.publish('batch.stored', batch);
  };
  const storeNext = (batch: Batch | undefined): void => {
    if (batch === undefined) return;
    storing = storing.then(() => store(batch)).catch(() => void lost++);
  };

  bus.subscribe('raw.**', (message) => storeNext(windows.add(message)), { name: 'storage' });

  bus.handle('storage.batches', async function* (message) {
    // A copy, since more is stored while this one reads.
    for (const packed of kept.slice(-message.payload.last)) {
      if (message.signal.aborted) return;
      yield JSON.parse(String(await unpack(packed))) as Batch;
    }
  });

  answerOrchestrator(bus, 'storage', {
    note: () =>
      `${stored} batches, the newest ${kept.length} in ${packedKiB(kept)} KiB` +
      (lost > 0 ? `, ${lost} could not be stored` : ''),
    finish: () => {
      storeNext(windows.flush());
      return storing;
    },
  });

  return { name: 'storage' };
}

function packedKiB(kept: readonly Buffer[]): number {
  return Math.round(kept.reduce((sum, packed) => sum + packed.byteLength, 0) / 1024);
}
