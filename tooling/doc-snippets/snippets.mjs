// Compiles the TypeScript of the pages, and runs what is marked so. Everything is compiled from the
// packages' sources (export condition `@bus/source`), so no build has to come before.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { filesUnder } from './files.mjs';

/** Git, the linter and the unused-code check ignore folders of this name. */
const work = 'tooling/doc-snippets/dist';
const timeoutMs = 30_000;

/** @typedef {import('./markdown.mjs').Block} Block */

/**
 * What is wrong with the TypeScript blocks and the examples.
 * @param {string} root
 * @param {Block[]} blocks every block of every page, in order
 * @param {string[]} examples folders with `src` and `test` that are compiled too
 * @returns {{ faults: string[], compiled: number, ran: number }}
 */
export function snippetFaults(root, blocks, examples) {
  const place = join(root, work);
  rmSync(place, { recursive: true, force: true });
  const packages = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'package.json')),
  );
  const snippets = blocks
    .filter(({ language, flags, from }) => language === 'ts' && !flags.includes('ignore') && !from)
    .map((block) => ({ block, file: `${fileNameOf(block)}.ts` }));

  for (const { block, file } of snippets) {
    write(join(place, file), `${sourceOf(block)}\n`);
  }
  const copied = examples.flatMap((example) => copyExample(root, place, example));
  write(join(place, 'package.json'), '{ "type": "module" }\n');
  for (const name of packages)
    link(join(root, 'packages', name), join(place, 'node_modules/@bus', name));

  const sources = [
    // Named, or the compiler would take what it finds by way of node_modules for no part of this.
    ...packages.map((name) => relative(place, join(root, 'packages', name, 'src/index.ts'))),
    ...snippets.map(({ file }) => file),
    ...copied.map(({ file }) => file),
  ];
  const errors = compile(root, place, sources);
  const faults = errors.map(({ file, line, text }) => {
    const snippet = snippets.find((candidate) => candidate.file === file);
    if (snippet !== undefined) return `${placeOf(snippet.block, line)} ${text}`;
    const copy = copied.find((candidate) => candidate.file === file);
    return `${copy?.page ?? file}:${line} ${text}`;
  });
  const marked = snippets.filter(
    ({ block, file }) =>
      block.flags.includes('run') && !errors.some((error) => error.file === file),
  );
  makeRunnable(root, join(place, 'out'), packages);
  for (const { block, file } of marked) {
    const next = blocks[blocks.indexOf(block) + 1];
    const follows = next?.file === block.file && next.language === 'text';
    const fault = run(
      join(place, 'out', work, file.replace(/ts$/, 'js')),
      follows ? next.text : undefined,
    );
    if (fault !== undefined) faults.push(`${block.file}:${block.line} ${fault}`);
  }
  return { faults, compiled: snippets.length, ran: marked.length };
}

/** Puts an example where it finds the packages, and where pages find it by its name. */
function copyExample(root, place, example) {
  const folder = `examples/${basename(example)}`;
  for (const part of ['src', 'test']) {
    cpSync(join(root, example, part), join(place, folder, part), { recursive: true });
  }
  const { name } = JSON.parse(readFileSync(join(root, example, 'package.json'), 'utf8'));
  const entry = (file) => JSON.stringify({ name, type: 'module', exports: file });
  write(join(place, folder, 'package.json'), entry('./src/index.ts'));
  link(join(place, folder), join(place, 'node_modules', name));
  const compiled = join(place, 'out', work, folder);
  write(join(compiled, 'package.json'), entry('./src/index.js'));
  link(compiled, join(place, 'out/node_modules', name));
  return filesUnder(place, folder, '.ts').map((file) => ({
    file,
    page: file.replace(folder, example),
  }));
}

/** Blocks shown as pieces of a file must be that file: every line of it, in order. */
export function pieceFaults(root, blocks) {
  const faults = [];
  const shown = new Map();
  for (const block of blocks.filter(({ from }) => from !== undefined)) {
    const key = `${block.file}\n${block.from}`;
    shown.set(key, [...(shown.get(key) ?? []), block]);
  }
  for (const pieces of shown.values()) {
    const { file: page, from } = pieces[0];
    if (!existsSync(join(root, from))) {
      faults.push(`${page}:${pieces[0].line} is from ${from}, which is not there`);
      continue;
    }
    const text = readFileSync(join(root, from), 'utf8');
    if (from.endsWith('.json')) {
      // The formatter lays a package.json out differently in its file and in a page.
      const same = (a, b) => JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
      if (!same(pieces.map((block) => block.text).join('\n'), text)) {
        faults.push(`${page}:${pieces[0].line} is not what ${from} says`);
      }
      continue;
    }
    const left = linesOf(text);
    const different = pieces
      .flatMap((block) => block.text.split('\n').map((text, i) => ({ text, line: block.line + i })))
      .filter(({ text }) => text.trim() !== '')
      .find(({ text }) => text !== left.shift());
    if (different !== undefined) {
      faults.push(
        `${page}:${different.line} is not what ${from} says there: ${different.text.trim()}`,
      );
    } else if (left.length > 0) faults.push(`${page} leaves out of ${from}: ${left[0].trim()}`);
  }
  return faults;
}

function linesOf(text) {
  return text.split('\n').filter((line) => line.trim() !== '');
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

function compile(root, place, files) {
  const config = join(place, 'tsconfig.json');
  write(
    config,
    JSON.stringify({
      extends: relative(place, join(root, 'tooling/tsconfig/test.json')),
      compilerOptions: {
        noEmit: false,
        noEmitOnError: false,
        rewriteRelativeImportExtensions: true,
        rootDir: relative(place, root),
        outDir: 'out',
      },
      files,
    }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
      cwd: place,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return [];
  } catch (error) {
    const found = [];
    for (const line of String(error.stdout ?? error)
      .trim()
      .split('\n')) {
      const parts = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line);
      if (parts !== null) found.push({ file: parts[1], line: Number(parts[2]), text: parts[3] });
      else if (found.length > 0) found.at(-1).text += `\n    ${line.trim()}`;
      else found.push({ file: 'tsc', line: 0, text: line });
    }
    return found;
  }
}

/** Lets the compiled snippets find the compiled packages, and those what they depend on. */
function makeRunnable(root, out, packages) {
  write(join(out, 'package.json'), '{ "type": "module" }\n');
  for (const name of packages) {
    const own = join(root, 'packages', name);
    const compiled = join(out, 'packages', name);
    if (!existsSync(compiled)) continue;
    write(
      join(compiled, 'package.json'),
      JSON.stringify({ name: `@bus/${name}`, type: 'module', exports: './src/index.js' }),
    );
    link(compiled, join(out, 'node_modules/@bus', name));
    const { dependencies = {} } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@bus/')) continue;
      link(join(own, 'node_modules', dependency), join(compiled, 'node_modules', dependency));
    }
  }
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

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'junction');
}
