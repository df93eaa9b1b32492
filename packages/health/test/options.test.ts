import { describe, expect, it } from 'vitest';
import type { HealthOptions } from '../src/index.ts';
import { health } from '../src/index.ts';
import { bench } from './support/bench.ts';

describe('an option that nobody knows', () => {
  it.each([
    [{ suspectMS: 60 }, "health has no option 'suspectMS': did you mean 'suspectMs'?"],
    [{ breaker: { failure: 3 } }, "breaker has no option 'failure': did you mean 'failures'?"],
    [{ breaker: true }, "option 'breaker' is true: give an object of options, or nothing"],
    [5, "option 'health' is 5: give an object of options, or nothing"],
  ])('is refused: %j', (options, message) => {
    expect(() => health(options as HealthOptions)).toThrow(
      expect.objectContaining({ code: 'BUS_OPTION_INVALID', message }),
    );
  });

  it('is refused by ping', async () => {
    const t = await bench();
    const options: object = { timeout: 5 };
    await expect(t.bus.health.ping('a', options)).rejects.toMatchObject({
      code: 'BUS_OPTION_INVALID',
    });
  });
});
