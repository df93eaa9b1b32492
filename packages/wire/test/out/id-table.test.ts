import { describe, expect, it } from 'vitest';
import { IdTable, mostIds } from '../../src/out/id-table.ts';

describe('ids for what is pending', () => {
  it('find what they were given out for, and nothing once given back', () => {
    const table = new IdTable<string>();
    const first = table.nextId();
    table.add('first');
    const second = table.nextId();
    table.add('second');
    expect([table.get(first), table.get(second), table.size]).toEqual(['first', 'second', 2]);
    table.delete(first);
    table.delete(first);
    expect([table.get(first), table.size]).toEqual([undefined, 1]);
    expect([...table.entries()]).toEqual([[second, 'second']]);
  });

  it('are never given out twice, though their slots are', () => {
    const table = new IdTable<number>();
    const seen = new Set<number>();
    for (let round = 0; round < 1000; round++) {
      const id = table.nextId();
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      table.add(round);
      expect(table.get(id)).toBe(round);
      table.delete(id);
    }
    const old = [...seen][0] as number;
    expect(table.get(old)).toBeUndefined();
  });

  it('hold as many at once as they say', () => {
    const table = new IdTable<number>();
    const ids = Array.from({ length: mostIds }, (_, value) => {
      const id = table.nextId();
      table.add(value);
      return id;
    });
    expect(new Set(ids).size).toBe(mostIds);
    expect(table.get(ids[mostIds - 1] as number)).toBe(mostIds - 1);
  });
});
