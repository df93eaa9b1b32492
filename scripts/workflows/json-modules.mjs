// Hooks for Node's loader. The parser of workflows imports JSON as bundlers allow, without the
// attribute that Node asks for.

/** @type {import('node:module').LoadHook} */
export function load(url, context, next) {
  if (!url.endsWith('.json')) return next(url, context);
  return next(url, { ...context, importAttributes: { type: 'json' } });
}
