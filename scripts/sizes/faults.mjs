/**
 * Where READMEs and budgets differ. A README says its budgets in lines that begin with `Size:`, each as
 * `at most 6.8 kB`, in the order of the budgets.
 * @param {{ path?: string, import?: Record<string, string>, limit: string }[]} budgets as in
 * .size-limit.json; one of several packages is stated by the first of them
 * @param {(name: string) => string} readmeOf the README of a package, by its folder's name
 * @returns {string[]}
 */
export function sizeFaults(budgets, readmeOf) {
  const limits = new Map();
  for (const { path, import: imports = {}, limit } of budgets) {
    const [, name] = (path ?? Object.keys(imports)[0]).split('/');
    limits.set(name, [...(limits.get(name) ?? []), limit]);
  }
  return [...limits].flatMap(([name, enforced]) => {
    const stated = statedIn(readmeOf(name));
    if (stated.join() === enforced.join()) return [];
    const line = `Size: at most ${enforced.join(', at most ')}`;
    const says = stated.length === 0 ? 'no size' : stated.join(', ');
    return [
      `packages/${name}/README.md says ${says}, and .size-limit.json ${enforced.join(', ')}: write '${line}' on a line of its own, or change the budget`,
    ];
  });
}

function statedIn(text) {
  const lines = text.match(/^Size:.*$/gm) ?? [];
  return lines.flatMap((line) =>
    [...line.matchAll(/at most ([\d.]+ k?B)/g)].map(([, size]) => size),
  );
}
