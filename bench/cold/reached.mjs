export const MESSAGES = 1000;

/**
 * Prints how many milliseconds the program has had since Node was ready to run it: reading and
 * compiling its modules, and all that it did.
 *
 * @param {number} done
 */
export function reached(done) {
  const ms = performance.now() - performance.nodeTiming.bootstrapComplete;
  if (done !== MESSAGES) throw new Error(`${done} of ${MESSAGES} were done`);
  process.stdout.write(String(ms));
}
