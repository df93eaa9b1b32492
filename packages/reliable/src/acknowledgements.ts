import type { Endpoint } from '@bus/core';

/** Who has acknowledged one message, however often it is sent. */
export class Acknowledgements {
  /** Endpoints of this bus, and groups, which are not to get it again. */
  #done: (Endpoint | string)[] | undefined;
  #lasting = 0;
  /** By endpoints of peers, which get it again: more subscribers may have come behind them since. */
  #beyond = 0;
  #mostBeyond = 0;

  /** How many endpoints. */
  get count(): number {
    return this.#lasting + Math.max(this.#beyond, this.#mostBeyond);
  }

  /** It is sent again. */
  again(): void {
    this.#mostBeyond = Math.max(this.#beyond, this.#mostBeyond);
    this.#beyond = 0;
  }

  /** A target has done with it, and stands for so many who have handled it. */
  add(target: Endpoint, count: number): void {
    if (target.isRemote && target.group === undefined) {
      this.#beyond += count;
      return;
    }
    this.#lasting += count;
    this.#done ??= [];
    this.#done.push(target.group ?? target);
  }

  /** Whether a target is not to get it again. */
  has(target: Endpoint): boolean {
    return this.#done?.includes(target.group ?? target) === true;
  }
}
