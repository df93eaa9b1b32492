/** What the reliable deliveries of a bus came to. */
export interface Reliability {
  /** Runs of a handler after the first. */
  readonly retries: number;
  /** Messages sent again, since nobody had acknowledged them. */
  readonly sentAgain: number;
  /** Given up, and neither replayed nor dropped. */
  readonly deadLettersLeft: number;
}

/** What a process replayed of what it had given up, and how much is left. */
export interface Replayed {
  readonly by: string;
  readonly replayed: number;
  readonly left: number;
}

/** What became of the batches, from end to end. */
export interface Deliveries {
  /** Batches that storage has published. */
  readonly published: number;
  /** Whose acknowledgement came back to it. */
  readonly acknowledged: number;
  /** Batches that came out of analysis as a window. */
  readonly handled: number;
  /** Windows that came out again. */
  readonly again: number;
  /** Given up so far, and then replayed with success. */
  readonly deadLetters: number;
  readonly replayed: number;
  /** Published, and neither handled nor among the dead letters nor under way: once all has ended, 0. */
  readonly missing: number;
}
