// Which pages the search puts first: pages that explain, before the reference, which has a heading for every
// property and every error code.

/**
 * VitePress sends the function to the browser as text, so it uses nothing from outside.
 * @type {{ boostDocument: (id: string) => number }}
 */
export const searchOptions = {
  boostDocument: (id) => {
    // Factories and verbs are looked up by name; their properties are found through the pages about them.
    if (id.includes('/reference/')) return /\/functions\/[^/]+$/.test(id) ? 1 : 0.3;
    if (/#[a-z]+_[a-z_]+$/.test(id)) return 0.8; // the heading of an error code
    if (/\/(bench|examples|architecture|contributing|pages|wire-protocol)\b/.test(id)) return 0.5;
    if (/\/guides\/(publishing|writing)-/.test(id)) return 0.8;
    if (/\/(getting-started|troubleshooting|which-package|concepts\/|guides\/)/.test(id))
      return 1.6;
    return 1;
  },
};
