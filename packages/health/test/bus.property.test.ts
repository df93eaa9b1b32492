import { unaccounted } from '@bus/test-support';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { Selection } from '../src/selection.ts';
import type { Bench } from './support/bench.ts';
import { bench, Switch } from './support/bench.ts';
import { FakePeer } from './support/fake-link.ts';

const places = 5;

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), times: fc.nat(8) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('break' as const, 'mend' as const, 'add' as const, 'remove' as const),
      at: fc.nat(places - 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('up' as const, 'silent' as const, 'heard' as const, 'lose' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(80) }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Handlers and a peer that come, break, recover and go, as the steps say. */
class Shop {
  readonly t: Bench;
  readonly switches: Switch[] = Array.from({ length: places }, (_, i) => new Switch(i));
  readonly #handlers = new Map<number, { stop(): void }>();
  #peer: FakePeer | undefined;

  constructor(t: Bench) {
    this.t = t;
  }

  /** Half of the handlers, of which the peer has one, and half of the group; one that is alone. */
  get mostBroken(): number {
    const half = (count: number): number => (count === 1 ? 1 : Math.floor(count / 2));
    const members = this.#handlers.size;
    return half(members + (this.#peer === undefined ? 0 : 1)) + half(members);
  }

  async do(next: Step): Promise<void> {
    const { t } = this;
    if (next.do === 'pass') await t.env.advance(next.ms);
    else if (next.do === 'ask') {
      for (let i = 0; i < next.times; i++) {
        await t.ask('q');
        await t.bus.publish('e', i);
      }
    } else if ('at' in next) this.#change(next.do, next.at);
    else this.#tell(next.do);
  }

  #change(what: 'break' | 'mend' | 'add' | 'remove', at: number): void {
    const one = this.switches[at];
    if (one === undefined) return;
    if (what === 'break' || what === 'mend') one.ok = what === 'mend';
    else if (what === 'remove') {
      this.#handlers.get(at)?.stop();
      this.#handlers.delete(at);
    } else if (!this.#handlers.has(at)) {
      const handler = this.t.bus.handle('q', one.handle);
      const member = this.t.bus.subscribe('e', one.handle, { group: 'g' });
      this.#handlers.set(at, {
        stop() {
          handler.stop();
          member.stop();
        },
      });
    }
  }

  #tell(what: 'up' | 'silent' | 'heard' | 'lose'): void {
    if (what === 'up') {
      this.#peer?.lose();
      this.#peer = new FakePeer(this.t.host, 'peer');
      this.#peer.tell('up');
      this.#peer.offer('q', () => 'peer');
    } else if (what === 'lose') {
      this.#peer?.lose();
      this.#peer = undefined;
    } else this.#peer?.tell(what);
  }

  async calm(): Promise<void> {
    for (const one of this.switches) one.ok = true;
    this.#peer?.lose();
    for (let i = 0; i < 2 * places; i++) {
      await this.t.env.advance(60);
      await this.do({ do: 'ask', times: 2 });
    }
  }
}

it('whatever comes and goes, half of equals at most are held back, and all is well in the end', async () => {
  const narrow = vi.spyOn(Selection.prototype, 'narrow');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const t = await bench({ breaker: { failures: 2, openMs: 50, windowMs: 200 } });
      const shop = new Shop(t);
      for (const next of steps) {
        await shop.do(next);
        const { open, halfOpen } = t.inspect().breakers;
        expect(open + halfOpen).toBeLessThanOrEqual(shop.mostBroken);
        expect(unaccounted(t.bus)).toBe(0);
      }
      await shop.calm();
      expect(t.bus.health.check().endpoints).toEqual([]);
      // From here on a message costs one look at a count again.
      narrow.mockClear();
      await shop.do({ do: 'ask', times: 5 });
      expect(narrow).not.toHaveBeenCalled();
    }),
    { numRuns: 100 },
  );
});
