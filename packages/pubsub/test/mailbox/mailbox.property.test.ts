import type { Loss, Overflow, Priority } from '@bus/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mailbox } from '../../src/mailbox/mailbox.ts';
import type { MailboxOptions, TestDelivery } from './model.ts';
import { deliveryOf, MailboxModel, mailboxOf } from './model.ts';

const overflows = ['block', 'error', 'drop-oldest', 'drop-newest', 'latest'] as const;
/** A message that supersedes another has its place, and so its priority. */
const priorityOf = new Map<unknown, Priority>([
  ['a', 'high'],
  ['d', 'low'],
]);

type Step =
  | {
      readonly type: 'push';
      readonly priority: Priority;
      readonly key: string | undefined;
      readonly held: boolean;
    }
  | { readonly type: 'take' }
  | { readonly type: 'end' | 'remove' | 'release'; readonly at: number };

const push = fc.record({
  type: fc.constant('push' as const),
  priority: fc.constantFrom<Priority>('high', 'normal', 'normal', 'low'),
  key: fc.constantFrom(undefined, 'a', 'b', 'c', 'd', '__proto__'),
  held: fc.constantFrom(false, false, false, false, true),
});
const at = fc.nat(30);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: push },
    { weight: 4, arbitrary: fc.constant({ type: 'take' as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constantFrom(
          'end' as const,
          'end' as const,
          'remove' as const,
          'release' as const,
        ),
        at,
      }),
    },
  ),
  { maxLength: 120, size: 'max' },
);

const options = (concurrency: fc.Arbitrary<number>): fc.Arbitrary<MailboxOptions> =>
  fc.record({
    overflow: fc.constantFrom<Overflow>(...overflows),
    capacity: fc.integer({ min: 1, max: 12 }),
    concurrency,
  });

function sentBy(
  { priority, key }: Extract<Step, { type: 'push' }>,
  number: number,
  isLatest: boolean,
) {
  const topic = key === undefined ? 't' : 'u';
  const own = isLatest ? (priorityOf.get(key) ?? 'normal') : priority;
  return { number, priority: own, key, topic, sentAt: Math.floor(number / 3), missed: 0 };
}

/** Pushes a delivery; returns what is lost for it. */
function pushed(mailbox: Mailbox, delivery: TestDelivery): Loss | undefined {
  const result = mailbox.push(delivery);
  delivery.isBlocked = result === 'blocked';
  return result === 'blocked' ? undefined : result;
}

describe('a mailbox of messages that run one at a time', () => {
  it('does what a model with plain lists does', () => {
    fc.assert(
      fc.property(options(fc.constant(1)), steps, (given, sequence) => {
        const mailbox = mailboxOf(given);
        const model = new MailboxModel(given);
        let number = 0;
        for (const step of sequence) {
          const present = [...model.waiting, ...model.blocked];
          if (step.type === 'push') {
            const sent = sentBy(step, number++, given.overflow === 'latest');
            const delivery = deliveryOf(sent, step.held);
            const expected = model.push(delivery);
            const loss = pushed(mailbox, delivery);
            expect(loss && (loss.lost as TestDelivery).sent).toEqual(expected?.lost.sent);
            expect(loss?.outcome).toBe(expected?.as);
          } else if (step.type === 'take') {
            const expected = model.take();
            const taken = mailbox.take() as TestDelivery | undefined;
            expect(taken?.sent).toEqual(expected?.sent);
            if (taken === undefined) continue;
            expect(taken.message.missed).toBe(model.missed);
            expect(taken.list).toBeUndefined();
            model.missed = 0;
            mailbox.done(taken);
          } else {
            const one = present[step.at % Math.max(1, present.length)];
            if (one === undefined) continue;
            if (step.type === 'release') one.held = false;
            else {
              model.remove(one);
              mailbox.remove(one);
            }
          }
          const all = [...model.waiting, ...model.blocked];
          const numbers = (deliveries: Iterable<unknown>): number[] =>
            [...(deliveries as Iterable<TestDelivery>)]
              .map(({ sent }) => sent.number)
              .sort((a, b) => a - b);
          expect(numbers(mailbox.all())).toEqual(numbers(all));
          expect(mailbox.size).toBe(all.length);
          // A message that supersedes another is younger than its place.
          if (given.overflow !== 'latest') {
            const times = model.waiting.map(({ sent }) => sent.sentAt);
            expect(mailbox.oldest()).toBe(times.length === 0 ? undefined : Math.min(...times));
          }
          expect(mailbox.busy).toBe(model.waiting.length > 0 || model.missed > 0);
          expect(model.blocked.every((delivery) => delivery.isBlocked)).toBe(true);
          expect(model.waiting.every((delivery) => !delivery.isBlocked)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe('a mailbox with lanes', () => {
  it('runs one message of a key at a time, in order, and keeps none from running', () => {
    fc.assert(
      fc.property(options(fc.integer({ min: 2, max: 5 })), steps, (given, sequence) => {
        const mailbox = mailboxOf(given);
        const running: TestDelivery[] = [];
        const present = new Set<TestDelivery>();
        let number = 0;
        let lost = 0;
        /** By lane and priority, the last message that ran. */
        const last = new Map<string, number>();
        for (const step of sequence) {
          if (step.type === 'push') {
            const sent = sentBy(step, number++, given.overflow === 'latest');
            const delivery = deliveryOf(sent, step.held);
            present.add(delivery);
            const loss = pushed(mailbox, delivery);
            if (loss === undefined) continue;
            present.delete(loss.lost as TestDelivery);
            if (loss.outcome !== 'rejected') lost++;
          } else if (step.type === 'take') {
            if (running.length >= given.concurrency) continue;
            const taken = mailbox.take() as TestDelivery | undefined;
            const keys = new Set(running.map(({ sent }) => sent.key));
            if (taken === undefined) {
              // Whatever is left waits for its lane, for room, or behind a held one.
              const held = [...present].filter((one) => one.held && !one.isBlocked);
              for (const one of present) {
                const isHeld = held.some(({ sent }) => sent.priority === one.sent.priority);
                const isInLane = one.sent.key !== undefined && keys.has(one.sent.key);
                expect(isHeld || isInLane || one.isBlocked).toBe(true);
              }
              continue;
            }
            const { key, priority } = taken.sent;
            expect(taken.held).toBe(false);
            expect(taken.message.missed).toBe(lost);
            lost = 0;
            present.delete(taken);
            running.push(taken);
            if (key === undefined) continue;
            expect(keys).not.toContain(key);
            const name = `${key} ${priority}`;
            if (given.overflow !== 'latest')
              expect(taken.sent.number).toBeGreaterThan(last.get(name) ?? -1);
            last.set(name, taken.sent.number);
          } else if (step.type === 'end') {
            const [one] = running.splice(step.at % Math.max(1, running.length), 1);
            if (one !== undefined) mailbox.done(one);
          } else {
            const one = [...present][step.at % Math.max(1, present.size)];
            if (one === undefined) continue;
            if (step.type === 'release') one.held = false;
            else {
              present.delete(one);
              mailbox.remove(one);
            }
          }
          expect(new Set(mailbox.all())).toEqual(present);
          expect(mailbox.size).toBe(present.size);
          const waiting = [...present].filter(({ isBlocked }) => !isBlocked);
          expect(waiting.length).toBeLessThanOrEqual(given.capacity);
          expect(mailbox.oldest() === undefined).toBe(waiting.length === 0);
        }
        for (const one of present) one.held = false;
        while (present.size > 0) {
          const taken = mailbox.take() as TestDelivery | undefined;
          if (taken === undefined) {
            const one = running.shift();
            expect(one).toBeDefined();
            if (one !== undefined) mailbox.done(one);
          } else {
            present.delete(taken);
            running.push(taken);
          }
        }
        expect(mailbox.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
