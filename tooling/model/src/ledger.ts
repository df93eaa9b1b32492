import type { Delivery, Ending, Sent } from './messages.ts';

/** Counts how messages end, and keeps what their senders must be told. */
export class Ledger {
  readonly counts = new Map<string, number>();
  accepted = 0;

  /** A message ends before it has any target. @param codes - what its sender is told, if anything. */
  endUnsent(sent: Sent, ending: Ending, codes: readonly string[] | undefined): void {
    this.accepted++;
    this.#count(ending);
    if (codes === undefined) return;
    sent.refusals.push(codes);
    sent.reply = { codes };
  }

  /** A message ends at one of its targets, unless it has already. */
  end(delivery: Delivery, ending: Ending, codes: readonly string[] = []): void {
    const { state, sent, reader } = delivery;
    if (state === 'ended') return;
    delivery.state = 'ended';
    this.#count(ending);
    if (state === 'blocked') {
      sent.blocked--;
      sent.refusals.push(codes);
    }
    if (state === 'running') delivery.aborted = ending === 'expired' || ending === 'cancelled';
    sent.reply ??= ending === 'handled' ? { value: `${sent.id} by ${reader.name}` } : { codes };
    if (state !== 'running') reader.forget(delivery);
  }

  #count(ending: Ending): void {
    this.counts.set(ending, (this.counts.get(ending) ?? 0) + 1);
  }
}
