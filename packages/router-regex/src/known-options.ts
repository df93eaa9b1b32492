import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/**
 * Refuses options that are not an object, and option names that are not known.
 * @param where - the function that takes them, such as `routerRegex`
 * @throws BUS_OPTION_INVALID naming the option and the known name nearest to it
 */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refused(where, given, `${where} takes an object with options, not ${String(given)}`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name)) continue;
    const [nearest] = [...known].sort((a, b) => distance(name, a) - distance(name, b));
    throw refused(name, value, `${where} has no option '${name}': did you mean '${nearest}'?`);
  }
}

function refused(option: string, value: unknown, message: string): BusError {
  return busError('BUS_OPTION_INVALID', message, { option, value: String(value) });
}

/** The number of letters to add, drop or replace to turn `a` into `b`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const exchanged = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(exchanged, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
