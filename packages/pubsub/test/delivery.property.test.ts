import type { Subscription } from '@bus/core';
import { unaccounted } from '@bus/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SubscribeOptions } from '../src/index.ts';
import type { Bench } from './support/bench.ts';
import { bench } from './support/bench.ts';

const topics = ['a', 'a.x', 'a.y', 'b'] as const;
const wishes = {
  all: () => true,
  even: (payload: number) => payload % 2 === 0,
  odd: (payload: number) => payload % 2 === 1,
  throws: (): boolean => {
    throw new Error('cannot tell');
  },
} as const;

interface Wish {
  readonly pattern: string;
  readonly group: string | undefined;
  readonly priority: number;
  readonly wants: keyof typeof wishes;
  readonly how: 'listener' | 'slow' | 'once' | 'stream';
}

type Step = { readonly add: Wish } | { readonly remove: number } | { readonly publish: string };

const wish: fc.Arbitrary<Wish> = fc.record({
  pattern: fc.constantFrom(...topics, 'a.**', '**'),
  group: fc.constantFrom(undefined, 'g', 'h'),
  priority: fc.constantFrom(0, 1),
  wants: fc.constantFrom('all', 'all', 'even', 'odd', 'throws'),
  how: fc.constantFrom('listener', 'slow', 'once', 'stream'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: wish.map((add) => ({ add })) },
  { weight: 1, arbitrary: fc.nat(9).map((remove) => ({ remove })) },
  { weight: 6, arbitrary: fc.constantFrom(...topics).map((publish) => ({ publish })) },
);

/** One subscriber of the model, beside the real one whose messages it logs. */
class Subscriber {
  readonly wish: Wish;
  readonly got: number[] = [];
  /** What it must have got in the end, where that does not depend on its group. */
  readonly due: number[] = [];
  subscription: Subscription | undefined;
  here = true;

  constructor(wish: Wish) {
    this.wish = wish;
  }

  wants(topic: string, payload: number): boolean {
    const { pattern, wants } = this.wish;
    const matches = pattern.endsWith('**')
      ? topic.startsWith(pattern.slice(0, -2))
      : topic === pattern;
    return this.here && matches && wants !== 'throws' && wishes[wants](payload);
  }

  subscribe({ bus, env }: Bench): void {
    const { pattern, group, priority, wants, how } = this.wish;
    const filter: SubscribeOptions['filter'] =
      wants === 'all' ? undefined : (message) => wishes[wants](Number(message.payload));
    const options: SubscribeOptions = { group, priority, filter, once: how === 'once' };
    const note = ({ payload }: { payload: unknown }): void => void this.got.push(Number(payload));
    if (how === 'stream') {
      const stream = bus.subscribe(pattern, options);
      this.subscription = stream;
      (async () => {
        for await (const message of stream) note(message);
      })();
    } else if (how === 'slow') {
      const slowly = (message: { payload: unknown }): Promise<void> => {
        note(message);
        return new Promise((resolve) => env.setTimer(resolve, 1));
      };
      this.subscription = bus.subscribe(pattern, slowly, options);
    } else this.subscription = bus.subscribe(pattern, note, options);
  }
}

/** Who of each group may get the message: those of the highest priority that want it. */
function eligible(willing: readonly Subscriber[]): Map<string, Subscriber[]> {
  const groups = new Map<string, Subscriber[]>();
  for (const subscriber of willing) {
    const { group } = subscriber.wish;
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), subscriber]);
  }
  for (const [group, members] of groups) {
    const highest = Math.max(...members.map((member) => member.wish.priority));
    groups.set(
      group,
      members.filter((member) => member.wish.priority === highest),
    );
  }
  return groups;
}

describe('what is published', () => {
  it('reaches exactly those a naive model says, once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const t = await bench();
        const subscribers: Subscriber[] = [];
        const mayGet: { payload: number; group: string; members: Subscriber[] }[] = [];
        let payload = 0;
        for (const next of steps) {
          if ('add' in next) {
            const subscriber = new Subscriber(next.add);
            subscriber.subscribe(t);
            subscribers.push(subscriber);
          } else if ('remove' in next) {
            await t.env.advance(100);
            const gone = subscribers[next.remove];
            gone?.subscription?.stop();
            if (gone !== undefined) gone.here = false;
          } else {
            const sent = payload++;
            const willing = subscribers.filter((each) => each.wants(next.publish, sent));
            const alone = willing.filter((each) => each.wish.group === undefined);
            const groups = eligible(willing);
            const accepted = t.bus.publish(next.publish, sent);
            for (const each of alone) each.due.push(sent);
            for (const [group, members] of groups) mayGet.push({ payload: sent, group, members });
            for (const each of willing) {
              if (each.wish.how === 'once' && each.got.length > 0) each.here = false;
            }
            expect(await accepted).toBe(alone.length + groups.size);
          }
        }
        await t.env.advance(200);
        for (const {
          wish: { group },
          got,
          due,
        } of subscribers) {
          if (group === undefined) expect(got).toEqual(due);
          else expect(got).toEqual(got.toSorted((a, b) => a - b));
        }
        for (const { payload: sent, group, members } of mayGet) {
          const receivers = subscribers.filter(
            (each) => each.wish.group === group && each.got.includes(sent),
          );
          expect(receivers).toHaveLength(1);
          expect(members).toContain(receivers[0]);
        }
        expect(unaccounted(t.bus)).toBe(0);
        await t.bus.stop();
        expect(t.env.pending).toBe(0);
      }),
      { numRuns: 400 },
    );
  }, 60_000);
});
