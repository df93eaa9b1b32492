import type { Endpoint, Message, Overflow, Priority, Queued } from '@bus/core';
import { Mailbox } from '../../src/mailbox/mailbox.ts';

export interface Sent {
  readonly number: number;
  readonly priority: Priority;
  readonly key: string | undefined;
  readonly topic: string;
  readonly sentAt: number;
  readonly missed: number;
}

/** A delivery as the kernel makes it, as far as a queue sees. */
export interface TestDelivery extends Queued {
  readonly sent: Sent;
  held: boolean;
  /** Its sender waits for room. */
  isBlocked: boolean;
}

/** Stands for a `BusMessage`. */
function messageOf(sent: Sent): Queued['message'] {
  const message = {
    ...sent,
    with: ({ missed }: { missed: number }) => messageOf({ ...sent, missed }),
  };
  return message as unknown as Queued['message'];
}

export function deliveryOf(sent: Sent, held = false): TestDelivery {
  return {
    sent,
    message: messageOf(sent),
    held,
    isBlocked: false,
    mark: undefined,
    admit() {
      this.isBlocked = false;
    },
    list: undefined,
    before: undefined,
    after: undefined,
  };
}

export interface MailboxOptions {
  readonly overflow: Overflow;
  readonly capacity: number;
  readonly concurrency: number;
  readonly keyOf?: (message: Message) => string | undefined;
  readonly isRemote?: boolean;
}

export function mailboxOf({ isRemote = false, ...policy }: MailboxOptions): Mailbox {
  const endpoint = { isRemote, label: 'test', policy } as unknown as Endpoint;
  return new Mailbox(endpoint, () => undefined);
}

const ranks: Record<Priority, number> = { high: 0, normal: 1, low: 2 };
const rankOf = ({ sent }: TestDelivery): number => ranks[sent.priority];

/** What a mailbox without lanes must do, with plain lists. */
export class MailboxModel {
  readonly #options: MailboxOptions;
  waiting: TestDelivery[] = [];
  blocked: TestDelivery[] = [];
  missed = 0;
  #overtaken = 0;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Returns what is lost, and how. */
  push(delivery: TestDelivery): { lost: TestDelivery; as: string } | undefined {
    const { overflow, capacity } = this.#options;
    if (overflow === 'latest') {
      const slot = slotOf(delivery);
      const at = this.waiting.findIndex((other) => slotOf(other) === slot);
      const older = this.waiting[at];
      if (older !== undefined) {
        this.waiting[at] = delivery;
        return this.#lose(older, 'superseded');
      }
    }
    if (this.waiting.length < capacity) {
      this.waiting.push(delivery);
      return undefined;
    }
    if (overflow === 'block' && this.blocked.length < capacity) {
      this.blocked.push(delivery);
      return undefined;
    }
    if (overflow === 'block' || overflow === 'error') return { lost: delivery, as: 'rejected' };
    const victim = this.#victim(delivery, overflow === 'drop-newest');
    if (victim !== undefined) {
      this.waiting = this.waiting.filter((other) => other !== victim);
      this.waiting.push(delivery);
    }
    return this.#lose(victim ?? delivery, 'dropped');
  }

  take(): TestDelivery | undefined {
    const heads = [0, 1, 2].flatMap((rank) => {
      const head = this.waiting.find((delivery) => rankOf(delivery) === rank);
      return head === undefined || head.held ? [] : [head];
    });
    const best = heads[0];
    const lowest = heads.at(-1);
    if (best === undefined || lowest === undefined) return undefined;
    let next = best;
    if (best !== lowest && ++this.#overtaken > 8) {
      this.#overtaken = 0;
      next = lowest;
    }
    this.remove(next);
    return next;
  }

  remove(delivery: TestDelivery): void {
    this.waiting = this.waiting.filter((other) => other !== delivery);
    this.blocked = this.blocked.filter((other) => other !== delivery);
    const next = this.blocked[0];
    if (next === undefined || this.waiting.length >= this.#options.capacity) return;
    this.blocked.shift();
    this.waiting.push(next);
  }

  #lose(lost: TestDelivery, as: string): { lost: TestDelivery; as: string } {
    this.missed++;
    return { lost, as };
  }

  #victim(incoming: TestDelivery, isNewest: boolean): TestDelivery | undefined {
    const lowest = Math.max(...this.waiting.map(rankOf));
    const among = this.waiting.filter((delivery) => rankOf(delivery) === lowest);
    if (isNewest) return lowest > rankOf(incoming) ? among.at(-1) : undefined;
    return lowest >= rankOf(incoming) ? among[0] : undefined;
  }
}

function slotOf({ sent }: TestDelivery): string {
  return sent.key ?? sent.topic;
}
