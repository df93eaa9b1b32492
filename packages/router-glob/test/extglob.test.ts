import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileGlob } from '../src/index.ts';

/** A pattern beside the set of texts it reads, so that nothing has to interpret it. */
interface Written {
  readonly glob: string;
  readonly reads: (text: string, at: number) => number[];
}

const ends = (text: string, at: number, length: number) =>
  at + length <= text.length ? [at + length] : [];

const unit: fc.Arbitrary<Written> = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', '-', '\\+').map((glob): Written => {
    const plain = glob.replace('\\', '');
    return { glob, reads: (text, at) => (text.startsWith(plain, at) ? [at + plain.length] : []) };
  }),
  fc.constant<Written>({ glob: '?', reads: (text, at) => ends(text, at, 1) }),
  fc
    .constantFrom(['[ab]', /[ab]/], ['[!a]', /[^a]/], ['[a-b-]', /[ab-]/], ['[^+-]', /[^+-]/])
    .map(([glob, regex]): Written => {
      const holds = regex as RegExp;
      return {
        glob: String(glob),
        reads: (text, at) => (holds.test(text.charAt(at)) ? ends(text, at, 1) : []),
      };
    }),
);
const star: Written = {
  glob: '*',
  reads: (text, at) => Array.from({ length: text.length - at + 1 }, (_, i) => at + i),
};

function sequence(parts: readonly Written[]): Written {
  return {
    glob: parts.map(({ glob }) => glob).join(''),
    reads: (text, at) =>
      parts.reduce(
        (from, part) => [...new Set(from.flatMap((start) => part.reads(text, start)))],
        [at],
      ),
  };
}

function group(operator: string, branches: readonly Written[]): Written {
  const once = (text: string, at: number) => branches.flatMap((branch) => branch.reads(text, at));
  return {
    glob: `${operator}(${branches.map(({ glob }) => glob).join('|')})`,
    reads: (text, at) => {
      if (operator === '@') return once(text, at);
      if (operator === '?') return [at, ...once(text, at)];
      const reached = new Set(operator === '*' ? [at] : once(text, at));
      for (const start of reached) for (const end of once(text, start)) reached.add(end);
      return [...reached];
    },
  };
}

const units = fc.array(unit, { minLength: 1, maxLength: 2 }).map(sequence);
const inner = fc
  .tuple(fc.constantFrom('@', '?', '*', '+'), fc.array(units, { minLength: 1, maxLength: 2 }))
  .map(([operator, branches]) => group(operator, branches));
const nested = fc
  .tuple(
    fc.constantFrom('@', '?'),
    fc.array(
      fc
        .array(fc.oneof(unit, inner, fc.constant(star)), { minLength: 1, maxLength: 2 })
        .map(sequence),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([operator, branches]) => group(operator, branches));
const written = fc
  .array(fc.oneof(unit, inner, nested, fc.constant(star)), { minLength: 1, maxLength: 4 })
  .map(sequence);
const text = fc.array(fc.constantFrom('a', 'b', '-', '+', 'x'), { minLength: 1, maxLength: 6 });

it('reads classes and extglobs as a naive matcher does, or refuses them', () => {
  let accepted = 0;
  fc.assert(
    fc.property(written, fc.array(text, { minLength: 8, maxLength: 8 }), (glob, texts) => {
      let matches: (topic: string) => boolean;
      try {
        matches = compileGlob(glob.glob);
      } catch {
        return;
      }
      accepted++;
      for (const letters of texts) {
        const topic = letters.join('');
        const expected = glob.reads(topic, 0).includes(topic.length);
        expect([glob.glob, topic, matches(topic)]).toEqual([glob.glob, topic, expected]);
      }
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(500);
});
