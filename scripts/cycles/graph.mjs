import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';

/**
 * Which files of a folder import which others of it. Types count: `import type`, `export … from` and
 * `import('./x.ts').X` as well as imports of values.
 * @param {string} folder
 * @returns {Map<string, readonly string[]>} by path below the folder, the paths it imports
 */
export function importsIn(folder) {
  const paths = readdirSync(folder, { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path))
    .sort();
  const known = new Set(paths);
  return new Map(
    paths.map((path) => {
      const text = readFileSync(join(folder, path), 'utf8');
      const { importedFiles } = ts.preProcessFile(text, true, true);
      const imported = importedFiles
        .map(({ fileName }) => fileName)
        .filter((name) => name.startsWith('.'))
        .map((name) => resolved(normalize(join(dirname(path), name)), known))
        .filter((other) => other !== undefined);
      return [path, [...new Set(imported)]];
    }),
  );
}

function resolved(path, known) {
  const stem = path.replace(/\.jsx?$/, '');
  const candidates = [path, `${stem}.ts`, `${stem}.tsx`, join(path, 'index.ts')];
  return candidates.find((candidate) => known.has(candidate));
}

/**
 * The cycles of a graph, one for each group of files that reach each other: the shortest through the
 * first of them.
 * @param {ReadonlyMap<string, readonly string[]>} imports
 * @returns {{ size: number, cycle: string[] }[]} the size of the group, and its cycle, whose first file
 * stands at its end again
 */
export function cyclesOf(imports) {
  return groupsOf(imports).map((group) => {
    const [first] = group.sort();
    return { size: group.length, cycle: shortestCycle(imports, first) };
  });
}

/** Tarjan's algorithm: files that reach each other, and files that import themselves. */
function groupsOf(imports) {
  const groups = [];
  const order = new Map();
  const lowest = new Map();
  const stack = [];
  const visit = (file) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file));
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) {
        lowest.set(file, Math.min(lowest.get(file), lowest.get(next)));
      }
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || imports.get(file)?.includes(file)) groups.push(group);
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return groups;
}

/** The shortest way from a file back to it, breadth first. */
function shortestCycle(imports, start) {
  const ways = [[start]];
  const seen = new Set();
  for (const way of ways) {
    for (const next of imports.get(way.at(-1)) ?? []) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return [start];
}

/**
 * What is wrong with the sources of one package.
 * @param {string} name of its folder
 * @param {ReadonlyMap<string, readonly string[]>} imports
 * @param {readonly string[]} allowed packages that may have cycles for now
 * @returns {string[]}
 */
export function cycleFaults(name, imports, allowed) {
  const cycles = cyclesOf(imports);
  if (!allowed.includes(name)) {
    return cycles.map(({ size, cycle }) => {
      if (size === 1) return `packages/${name}/src: ${cycle[0]} imports itself`;
      return `packages/${name}/src: ${size} files import each other, such as ${cycle.join(' → ')}. Move what both sides need to a file of its own, or have one side name what it needs of the other.`;
    });
  }
  if (cycles.length > 0) return [];
  return [`packages/${name} has no cycles: take it off the list in scripts/check-cycles.mjs`];
}
