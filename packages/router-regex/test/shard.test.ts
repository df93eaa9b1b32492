import { expect, it } from 'vitest';
import type { Testable } from '../src/linear/shard.ts';
import { Shard } from '../src/linear/shard.ts';

function patternOf(text: string): Testable {
  return { text, testWritten: (topic) => topic === text };
}

it('loses no pattern when the engine refuses one of them', () => {
  const shard = new Shard<Testable>(64);
  const match = (topic: string) => {
    const found: Testable[] = [];
    shard.match(topic, found);
    return found;
  };
  const first = Array.from({ length: 9 }, (_, i) => patternOf(`a${i}`));
  for (const pattern of first) shard.add(pattern);
  expect(match('a4')).toEqual([first[4]]);

  const bad = patternOf('(');
  const second = Array.from({ length: 9 }, (_, i) => patternOf(`b${i}`));
  for (const pattern of [...second, bad]) shard.add(pattern);
  expect(() => match('a4')).toThrow();
  shard.remove(bad);
  expect(match('a4')).toEqual([first[4]]);
  expect(match('b4')).toEqual([second[4]]);
});
