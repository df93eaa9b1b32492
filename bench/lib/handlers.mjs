/** What every handler adds to, so that none can be optimised away and lost messages are noticed. */
export const state = { sum: 0 };

export const payload = { n: 1 };

/** How a library hands a payload to its handlers. */
const READS = {
  payload: 'input.n',
  message: 'input.payload.n',
  params: 'input.params.n',
};

const DISTINCT_BODIES = 8;

/**
 * Factories of handlers whose code differs to V8. With one body alone it inlines handler and loop
 * into one function, which no real program sees.
 *
 * @param {keyof typeof READS} shape
 * @returns {Array<() => (input: any) => void>}
 */
export function handlerFactories(shape) {
  return Array.from({ length: DISTINCT_BODIES }, (_, body) =>
    new Function(
      'state',
      `return () => (input) => { state.sum += ${READS[shape]}; }; // body ${body}`,
    )(state),
  );
}
