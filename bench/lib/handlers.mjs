/** What every handler adds to, so that none can be optimised away and lost messages are noticed. */
export const state = { sum: 0 };

export const payload = { n: 1 };

/** How a library hands a payload to its handlers. */
const READS = {
  payload: 'input.n',
  message: 'input.payload.n',
  params: 'input.params.n',
};

/** As many as make a call site megamorphic. */
const DISTINCT_BODIES = 8;

/**
 * Factories of functions whose code differs to V8. With one body alone it inlines handler and loop
 * into one function, which no real program sees.
 *
 * @param {(body: number) => string} source of a handler
 * @param {Record<string, unknown>} scope what the source refers to
 * @param {number} count
 * @returns {Array<() => (input: any) => any>}
 */
function distinct(source, scope, count) {
  return Array.from({ length: count }, (_, body) =>
    new Function(...Object.keys(scope), `return () => ${source(body)};`)(...Object.values(scope)),
  );
}

/**
 * @param {keyof typeof READS} shape
 * @param {number} [bodies] how many of different code
 */
export function handlerFactories(shape, bodies = DISTINCT_BODIES) {
  const read = READS[shape];
  return distinct(
    (body) => `(input) => { state.sum += ${read}; /* ${body} */ }`,
    { state },
    bodies,
  );
}

/**
 * Counts down the handlers of a batch that are still at work.
 *
 * @typedef {object} Batch
 * @property {number} left
 * @property {() => void} finish called by the last one
 */

/**
 * Async functions that await one settled promise, or nothing, before they are done.
 *
 * @param {keyof typeof READS} shape
 * @param {{ batch: Batch, awaits: boolean }} settings
 */
export function asyncHandlerFactories(shape, { batch, awaits }) {
  const wait = awaits ? 'await undefined;' : '';
  const end = 'if (--batch.left === 0) batch.finish();';
  return distinct(
    (body) => `async (input) => { ${wait} state.sum += ${READS[shape]}; ${end} /* ${body} */ }`,
    { state, batch },
    DISTINCT_BODIES,
  );
}
