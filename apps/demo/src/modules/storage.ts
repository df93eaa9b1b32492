import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Batching } from '@bus/batch';
import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { Reliable } from '@bus/reliable';
import type { GlobRouter } from '@bus/router-glob';
import type { Batch } from '../contract/readings.ts';
import type { Workspace } from '../contract.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';
import { Windows } from './windows.ts';

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);

export const windowMs = 250;
/** Half a minute of them. */
const keptWindows = 120;
/** Batches are of one stream: one that is sent again does not overtake the others. */
const stream = 'windows';

/** Collects raw events into batches, keeps the newest of them packed, and streams them on request. */
export function storage(bus: Bus<Workspace, PubSub | GlobRouter | Reliable | Batching>): Module {
  const windows = new Windows(windowMs);
  const kept: Buffer[] = [];
  const unsettled = new Set<Promise<void>>();
  let stored = 0;
  let acknowledged = 0;
  let lost = 0;
  let damagesNext = false;
  let storing = Promise.resolve();

  const publish = async (batch: Batch): Promise<void> => {
    const by = await bus
      .publish('batch.stored', batch, { delivery: 'reliable', key: stream })
      // Nobody can say what became of it.
      .catch(() => 0);
    if (by > 0) acknowledged++;
    void bus.publish('batch.settled', { index: batch.index, acknowledged: by > 0 });
  };
  const store = async (closed: Batch): Promise<void> => {
    const batch: Batch = damagesNext ? { ...closed, damaged: true } : closed;
    damagesNext = false;
    kept.push(await pack(JSON.stringify(batch)));
    if (kept.length > keptWindows) kept.shift();
    stored++;
    // The next one is stored while this one waits for its acknowledgement.
    const settled = publish(batch).finally(() => unsettled.delete(settled));
    unsettled.add(settled);
  };
  const storeNext = (batch: Batch | undefined): void => {
    if (batch === undefined) return;
    storing = storing.then(() => store(batch)).catch(() => void lost++);
  };

  bus.subscribe('raw.**', { name: 'storage', batch: { size: 100, waitMs: 5 } }, (messages) => {
    for (const message of messages) storeNext(windows.add(message));
  });

  bus.handle('storage.batches', async function* (message) {
    // A copy, since more is stored while this one reads.
    for (const packed of kept.slice(-message.payload.last)) {
      if (message.signal.aborted) return;
      yield JSON.parse(String(await unpack(packed))) as Batch;
    }
  });

  bus.handle('storage.poison', () => {
    damagesNext = true;
  });

  answerOrchestrator(bus, 'storage', {
    note: () =>
      `${stored} batches, ${acknowledged} acknowledged, the newest ${kept.length} in ${packedKiB(kept)} KiB` +
      (lost > 0 ? `, ${lost} could not be stored` : ''),
    finish: async () => {
      storeNext(windows.flush());
      await storing;
      await Promise.all(unsettled);
    },
  });

  return { name: 'storage' };
}

function packedKiB(kept: readonly Buffer[]): number {
  return Math.round(kept.reduce((sum, packed) => sum + packed.byteLength, 0) / 1024);
}
