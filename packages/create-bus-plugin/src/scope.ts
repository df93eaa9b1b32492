/** The npm scope of the packages that a written package is built on. */
export const scope = '@bus';
