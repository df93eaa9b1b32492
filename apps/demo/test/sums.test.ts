import type { OutcomeCounts } from '@bus/core';
import { expect, test } from 'vitest';
import { diedWithProcess, isBalanced, summed } from '../src/report/sums.ts';

const none = summed([]);

function counts(
  accepted: number,
  inFlight: number,
  ended: Partial<OutcomeCounts['ended']>,
): OutcomeCounts {
  return { accepted, inFlight, ended: { ...none.ended, ...ended } };
}

test('outcomes of several buses add up, drops by their reason', () => {
  const sum = summed([
    counts(5, 1, { handled: 2, dropped: { closed: 1, 'drop-oldest': 1 } }),
    counts(4, 0, { handled: 1, forwarded: 2, dropped: { closed: 1 } }),
  ]);
  expect(sum).toEqual(
    counts(9, 1, { handled: 3, forwarded: 2, dropped: { closed: 2, 'drop-oldest': 1 } }),
  );
  expect(isBalanced(sum)).toBe(true);
});

test('sums balance when everything accepted has ended or is in flight', () => {
  expect(isBalanced(none)).toBe(true);
  expect(isBalanced(counts(3, 1, { handled: 1, dropped: { closed: 1 } }))).toBe(true);
  expect(isBalanced(counts(3, 0, { handled: 2 }))).toBe(false);
  expect(isBalanced(counts(1, 1, { handled: 1 }))).toBe(false);
});

test('what a lost process had in flight has died with it, and the sum stays', () => {
  const last = counts(5, 2, { handled: 2, dropped: { closed: 1 } });
  const settled = diedWithProcess(last);
  expect(settled).toEqual(counts(5, 0, { handled: 2, dropped: { closed: 1, 'process-lost': 2 } }));
  expect(isBalanced(settled)).toBe(true);
  expect(diedWithProcess(counts(2, 0, { handled: 2 }))).toEqual(counts(2, 0, { handled: 2 }));
});
