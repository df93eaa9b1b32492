import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * The source files of a folder, and how many of their lines run.
 * @param {string} folder
 * @returns {{ files: number, lines: number }}
 */
export function sourcesIn(folder) {
  const paths = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.ts'));
  const texts = paths.map((path) => readFileSync(join(folder, path), 'utf8'));
  return {
    files: texts.length,
    lines: texts.reduce((sum, text) => sum + linesThatRun(text), 0),
  };
}

/**
 * Lines of the JavaScript that a TypeScript text becomes, as the compiler lays it out: types are gone,
 * and comments, blank lines and imports do not count.
 * @param {string} text
 * @returns {number}
 */
export function linesThatRun(text) {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      verbatimModuleSyntax: true,
      removeComments: true,
    },
  });
  const emitted = ts.createSourceFile('emitted.js', outputText, ts.ScriptTarget.ESNext);
  return emitted.statements
    .filter((statement) => !ts.isImportDeclaration(statement) && !isMark(statement))
    .flatMap((statement) => statement.getFullText(emitted).split('\n'))
    .filter((line) => line.trim() !== '').length;
}

/** `export {}`, which the compiler writes where a module has nothing but types. */
function isMark(statement) {
  const { exportClause, moduleSpecifier } = statement;
  return ts.isExportDeclaration(statement) && !moduleSpecifier && !exportClause?.elements.length;
}

/**
 * Where the sources of a package go past their budget.
 * @param {string} name of its folder
 * @param {{ files: number, lines: number }} sources
 * @param {{ files: number, lines: number }} budget
 * @returns {string[]}
 */
export function sourceFaults(name, sources, budget) {
  const what = { files: 'files', lines: 'lines that run' };
  return Object.entries(budget)
    .filter(([unit, limit]) => sources[unit] > limit)
    .map(
      ([unit, limit]) =>
        `packages/${name}/src has ${sources[unit]} ${what[unit]}, and its budget is ${limit}`,
    );
}
