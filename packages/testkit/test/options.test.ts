import { expect, test } from 'vitest';
import {
  collectingRunner,
  faultyTransport,
  matcherConformance,
  memoryTransport,
  transportConformance,
} from '../src/index.ts';

const refused = (option: string): unknown =>
  expect.objectContaining({
    code: 'BUS_OPTION_INVALID',
    details: expect.objectContaining({ option }),
  });

test('factories refuse an option that they do not know', () => {
  const { right } = memoryTransport();
  expect(() => memoryTransport({ frameing: 'stream' } as never)).toThrow(refused('frameing'));
  expect(() => memoryTransport({ framing: 'streams' } as never)).toThrow(refused('framing'));
  expect(() => faultyTransport(right, { los: 0.1 } as never)).toThrow(refused('los'));
  const faulty = faultyTransport(right, { loss: 0.1, only: 'out', bufferBytes: 10 });
  expect(() => faulty.change({ only: 'out' } as never)).toThrow(refused('only'));
});

test('suites refuse an option that they do not know', async () => {
  const runner = collectingRunner();
  const suite = { name: 'mine', runner, timeout: 5 };
  await expect(transportConformance(suite as never)).rejects.toThrow(refused('timeout'));
  expect(() => matcherConformance(suite as never)).toThrow(refused('timeout'));
});
