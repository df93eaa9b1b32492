import { fullBatchBytes } from '../frames/frames.ts';

/** Room in a frame for the names that a message makes known. */
const namesBytes = 4096;

/** What fits into the frames of one direction of a link. */
export interface FrameRoom {
  /** Above this, a batch is full. */
  readonly fullBytes: number;
  /** The most bytes of one payload, behind a batch that is almost full. */
  readonly payloadBytes: number;
}

/**
 * How a link uses its frames.
 * @param frameBytes - the largest frame that the peer takes.
 * @param sendBytes - the most that the transport takes at once; undefined where there is no limit.
 */
export function roomFor(
  frameBytes: number,
  sendBytes: number = Number.POSITIVE_INFINITY,
): FrameRoom {
  const most = Math.min(frameBytes, sendBytes);
  const quarter = Math.floor(most / 4);
  const fullBytes = Math.min(fullBatchBytes, quarter);
  return { fullBytes, payloadBytes: most - fullBytes - Math.min(namesBytes, quarter) };
}
