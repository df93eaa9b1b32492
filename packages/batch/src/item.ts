import type { Message } from '@bus/core';

/** One message of a batch. Its endpoint's handler returns {@link result}, which settles once. */
export class Item {
  readonly message: Message;
  readonly weight: number;
  readonly result: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** It has failed alone or was given up: the end of its batch does not concern it. */
  isOver = false;

  constructor(message: Message, weight: number) {
    let resolve: (value: unknown) => void = ignore;
    let reject: (error: unknown) => void = ignore;
    this.message = message;
    this.weight = weight;
    this.result = new Promise<unknown>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    this.resolve = resolve;
    this.reject = reject;
  }
}

function ignore(): void {}
