import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { write } from './files.mjs';

/**
 * Compiles files of a folder strictly, into its folder `out`.
 * @param {string} root
 * @param {string} place
 * @param {string[]} files relative to the folder
 * @returns {{ file: string, line: number, text: string }[]} the errors
 */
export function compile(root, place, files) {
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
