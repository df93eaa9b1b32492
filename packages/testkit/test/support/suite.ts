import type { CollectingRunner, ConformanceOptions, Fixture } from '../../src/index.ts';
import { collectingRunner, transportConformance } from '../../src/index.ts';

/** The suite over a link, called `it`, ready to be run as a whole or case by case. */
export async function suite(
  create: () => Fixture,
  options: Partial<ConformanceOptions> = {},
): Promise<{ readonly run: CollectingRunner['run']; readonly printed: readonly string[] }> {
  const runner = collectingRunner();
  const printed: string[] = [];
  const print = (line: string): void => void printed.push(line);
  await transportConformance({ name: 'it', runner, create, print, ...options });
  return { run: runner.run, printed };
}
