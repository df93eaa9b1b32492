import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Linked } from '../src/pending.ts';
import { Pending } from '../src/pending.ts';

interface Member extends Linked<Member> {
  readonly number: number;
}

it('what is under way is listed in the order it began, however it ends', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (picks) => {
      const pending = new Pending<Member>();
      const expected: Member[] = [];
      for (const [number, pick] of picks.entries()) {
        const gone =
          pick % 2 === 0 ? expected.splice(pick % (expected.length || 1), 1)[0] : undefined;
        if (gone !== undefined) pending.delete(gone);
        else {
          const member: Member = { number, before: undefined, after: undefined };
          expected.push(member);
          pending.add(member);
        }
        expect([...pending]).toEqual(expected);
        expect(pending.size).toBe(expected.length);
      }
    }),
  );
});
