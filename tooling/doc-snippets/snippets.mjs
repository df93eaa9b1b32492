// Compiles the TypeScript of the pages, and runs what is marked so. Everything is compiled from the
// packages' sources (export condition `@bus/source`), so no build has to come before.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { compile } from './compile.mjs';
import { filesUnder, link, write } from './files.mjs';
import { installCompiled, installSources, packagesOf } from './install.mjs';

/**
 * One for each run, since two may run at once. Git, the linter and the unused-code check ignore what is
 * below a folder named `dist`; preludes reach the repository by three steps up.
 */
const work = `tooling/dist/${process.pid}`;
const timeoutMs = 30_000;

/** @typedef {import('./markdown.mjs').Block} Block */

/**
 * What is wrong with the TypeScript blocks and the examples, and with what blocks print.
 * @param {string} root
 * @param {Block[]} blocks every block of every page, in order
 * @param {string[]} examples folders with `src` and `test` that are compiled too
 * @returns {{ faults: string[], compiled: number, ran: number, ignored: number }}
 */
export function snippetFaults(root, blocks, examples) {
  const place = join(root, work);
  try {
    return faultsIn(place, root, blocks, examples);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function faultsIn(place, root, blocks, examples) {
  const packages = packagesOf(root);
  const own = blocks.filter(({ from }) => !from);
  const snippets = own
    .filter(({ language, flags }) => language === 'ts' && !flags.includes('ignore'))
    .map((block) => ({ block, file: `${fileNameOf(block)}.ts` }));
  for (const { block, file } of snippets) write(join(place, file), `${sourceOf(block)}\n`);
  const copied = examples.flatMap((example) => copyExample(root, place, example));
  installSources(place, packages);

  const errors = compile(root, place, [
    // Named, or the compiler would take what it finds by way of node_modules for no part of this.
    ...packages.map((each) => relative(place, join(each.own, 'src/index.ts'))),
    ...snippets.map(({ file }) => file),
    ...copied,
  ]);
  const faults = errors.map(({ file, line, text }) => {
    const snippet = snippets.find((candidate) => candidate.file === file);
    if (snippet !== undefined) return `${placeOf(snippet.block, line)} ${text}`;
    return `${file}:${line} ${text}`;
  });
  installCompiled(join(place, 'out'), packages);
  const broken = new Set(errors.map(({ file }) => file));
  const runnable = own.filter(
    (block) => block.flags.includes('run') && !broken.has(`${fileNameOf(block)}.ts`),
  );
  for (const block of runnable) {
    const script = join(place, 'out', work, `${fileNameOf(block)}.js`);
    if (block.language === 'js') write(script, block.text);
    const fault = run(script, saidToPrint(block, blocks));
    if (fault !== undefined) faults.push(`${block.file}:${block.line} ${fault}`);
  }
  const ignored = own.filter(({ flags }) => flags.includes('ignore')).length;
  return { faults, compiled: snippets.length, ran: runnable.length, ignored };
}

/** The text after a block, which it must print. */
function saidToPrint(block, blocks) {
  const next = blocks[blocks.indexOf(block) + 1];
  return next?.file === block.file && next.language === 'text' ? next.text : undefined;
}

/** Puts an example where it finds the packages, and where pages find it by its name. */
function copyExample(root, place, example) {
  for (const part of ['src', 'test']) {
    cpSync(join(root, example, part), join(place, example, part), { recursive: true });
  }
  const { name } = JSON.parse(readFileSync(join(root, example, 'package.json'), 'utf8'));
  const entry = (file) => JSON.stringify({ name, type: 'module', exports: file });
  write(join(place, example, 'package.json'), entry('./src/index.ts'));
  link(join(place, example), join(place, 'node_modules', name));
  const compiled = join(place, 'out', work, example);
  write(join(compiled, 'package.json'), entry('./src/index.js'));
  link(compiled, join(place, 'out/node_modules', name));
  return filesUnder(place, example, '.ts').filter((file) => !hasOwnRules(join(place, file)));
}

/** Code for browsers is compiled with the example, by `check:examples`. */
function hasOwnRules(file) {
  return existsSync(join(dirname(file), 'tsconfig.json'));
}

function fileNameOf({ file, line }) {
  return `${file.replace(/\.md$/, '').replaceAll('/', '-')}-${line}`;
}

/** Each block is a module of its own, below what its page leaves out. */
function sourceOf({ prelude, text }) {
  const own = prelude === '' ? '' : `${prelude}\n`;
  return `${own}${text}\nexport {};`;
}

function placeOf({ file, line, prelude }, at) {
  const hidden = prelude === '' ? 0 : prelude.split('\n').length;
  return at <= hidden ? `${file}:${line} (prelude)` : `${file}:${line + at - hidden - 1}`;
}

function run(script, expected) {
  let printed;
  try {
    printed = execFileSync(process.execPath, [script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
  } catch (error) {
    const why = error.code === 'ETIMEDOUT' ? `ran over ${timeoutMs} ms` : error.stderr;
    return `failed when run: ${String(why ?? error).trim()}`;
  }
  if (expected === undefined || printed.trim() === expected.trim()) return undefined;
  return `printed\n${indented(printed)}\n  where the page says\n${indented(expected)}`;
}

function indented(text) {
  return text.trim().replace(/^/gm, '    ');
}
