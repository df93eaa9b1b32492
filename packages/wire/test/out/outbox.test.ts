import { describe, expect, it } from 'vitest';
import { BatchMemory } from '../../src/out/batch-memory.ts';
import { Outbox } from '../../src/out/outbox.ts';
import { bytesOf, framesOf, recordsOf, someTime } from '../support/raw-bytes.ts';

function put(outbox: Outbox, type: number, ...content: readonly number[]): void {
  outbox.beginRecord(type, someTime, 0);
  outbox.append(Uint8Array.from(content));
  outbox.endRecord();
}

describe('an outbox', () => {
  it('gathers records into one frame with the time of the first', () => {
    const outbox = new Outbox(new BatchMemory());
    put(outbox, 2, 1, 2);
    outbox.beginRecord(4, someTime + 9, 0);
    outbox.endRecord();
    const frames = framesOf(outbox.take().bytes);
    expect(frames).toHaveLength(1);
    const [frame] = frames;
    expect(frame?.body.readUIntBE(0, 6)).toBe(someTime);
    expect(frame && recordsOf(frame)).toEqual([
      { kind: 2, content: bytesOf('0102') },
      { kind: 4, content: bytesOf('') },
    ]);
  });

  it('ends the frame of records where another frame comes between', () => {
    const outbox = new Outbox(new BatchMemory());
    put(outbox, 2, 1);
    outbox.frame(8, new Uint8Array(0));
    put(outbox, 2, 2);
    expect(framesOf(outbox.take().bytes).map(({ type }) => type)).toEqual([6, 8, 6]);
  });

  it('takes a record back that could not be written whole', () => {
    const outbox = new Outbox(new BatchMemory());
    put(outbox, 2, 1);
    outbox.beginRecord(2, someTime, 0);
    outbox.append(Uint8Array.of(9, 9, 9));
    outbox.undoRecord();
    put(outbox, 2, 3);
    const [frame] = framesOf(outbox.take().bytes);
    expect(frame && recordsOf(frame).map(({ content }) => [...content])).toEqual([[1], [3]]);
  });

  it('gives away bytes that nothing written later changes, until they are given back', () => {
    for (const size of [10, 3000, 100_000]) {
      const outbox = new Outbox(new BatchMemory());
      put(outbox, 2, ...new Array<number>(size).fill(7));
      const taken = outbox.take().bytes;
      const copy = Buffer.from(taken);
      for (let i = 0; i < 50; i++) put(outbox, 2, ...new Array<number>(size).fill(8));
      expect(copy.equals(taken)).toBe(true);
      expect(outbox.turn).toBe(1);
    }
  });

  it('of nothing but a record taken back is a frame without records', () => {
    const outbox = new Outbox(new BatchMemory());
    outbox.beginRecord(2, someTime, 0);
    outbox.undoRecord();
    const [frame] = framesOf(outbox.take().bytes);
    expect(frame && recordsOf(frame)).toEqual([]);
  });
});
