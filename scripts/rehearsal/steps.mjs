/** As many as there are processors in CI. */
const atOnce = 2;
let faults = 0;

/** How many steps have failed so far. */
export function faultCount() {
  return faults;
}

/**
 * Does one thing and says how long it took. What it throws is printed and counted.
 * @returns what it returns; undefined where it fails
 */
export async function step(what, act) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const result = await act();
    console.log(`ok      ${what} (${seconds()})`);
    return result;
  } catch (error) {
    faults++;
    console.log(`FAULT   ${what} (${seconds()})\n${indented(error.message)}`);
    return undefined;
  }
}

function indented(text) {
  return text.trim().replace(/^/gm, '        ');
}

/** Runs every step, a few at a time, in order. */
export async function all(steps) {
  const left = [...steps];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await step(...next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
