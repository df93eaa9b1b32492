import { expect, test } from 'vitest';
import { linksOf, pair, star } from '../support/buses.ts';

test('who watches two topics by another pattern sees a cause before its effect', async () => {
  const two = await pair();
  const seen: string[] = [];
  // The more specific interest comes first over the link.
  two.right.subscribe('p.ask', () => void two.right.publish('p.answer', 1));
  two.right.subscribe('p.*', ({ topic }) => void seen.push(topic));
  await two.settle();
  await two.left.publish('p.ask', 1);
  await two.settle();
  expect(seen).toEqual(['p.ask', 'p.answer']);
});

test('so does who watches them behind a hub', async () => {
  const { buses, leaf } = await star({ one: {}, two: {}, three: {} });
  const seen: string[] = [];
  const watch = ({ topic }: { readonly topic: string }): void => void seen.push(topic);
  leaf('two').subscribe('p.ask', () => void leaf('two').publish('p.answer', 1));
  leaf('two').subscribe('p.*', watch);
  leaf('three').subscribe('p.ask', () => undefined);
  leaf('three').subscribe('*.answer', watch);
  leaf('three').subscribe('p.*', watch, { capacity: 5 });
  await buses.settle();
  await leaf('one').publish('p.ask', 1);
  await buses.settle();
  expect(seen.slice(0, 2)).toEqual(['p.ask', 'p.answer']);
  expect(seen.filter((topic) => topic === 'p.ask')).toHaveLength(2);
  expect(seen.indexOf('p.ask', 2)).toBeLessThan(seen.lastIndexOf('p.answer'));
});

test('a hub sends a payload once, however many interests of a peer it is for', async () => {
  const { buses, hub, leaf } = await star({ one: {}, two: {} });
  for (const pattern of ['a.b', 'a.*', '*.b']) leaf('two').subscribe(pattern, () => undefined);
  await buses.settle();
  const sent = (): number => linksOf(hub).find(({ peer }) => peer === 'two')?.sent.bytes ?? 0;
  const before = sent();
  await leaf('one').publish('a.b', 'x'.repeat(1000));
  await buses.settle();
  expect(sent() - before).toBeLessThan(1200);
});
