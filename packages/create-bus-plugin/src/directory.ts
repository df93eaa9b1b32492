import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import nodePath, { type PlatformPath } from 'node:path';
import { Refusal } from './refusal.ts';
import type { Files } from './template.ts';

/** Where a package goes. */
export interface Directory {
  readonly path: string;
  /** Its last part: what the package may be called. */
  readonly name: string;
  /** How a shell goes there from where it is. */
  readonly command: string;
}

/**
 * Reads where to write, as somebody types it.
 * @param path - the platform's; tests hand in that of another one.
 */
export function directoryOf(typed: string, cwd: string, path: PlatformPath = nodePath): Directory {
  const absolute = path.resolve(cwd, typed);
  const way = path.relative(cwd, absolute) || '.';
  return {
    path: absolute,
    name: path.basename(absolute),
    command: `cd ${/[^\w@.:\\/-]/.test(way) ? `"${way}"` : way}`,
  };
}

/**
 * Nothing that is there is ever written over: the directory has to be new, or empty but for `.git`.
 * @throws Refusal
 */
export function checkEmpty({ path }: Directory): void {
  const there = entriesOf(path).filter((name) => name !== '.git');
  if (there.length === 0) return;
  const some = there.slice(0, 3).join(', ');
  throw new Refusal(
    `${path} is not empty: it has ${some}${there.length > 3 ? ' and more' : ''}; choose a new directory`,
  );
}

/**
 * Writes a package.
 * @throws Refusal where the directory cannot be written to, or has got such a file meanwhile.
 */
export function writeFiles({ path }: Directory, files: Files): void {
  for (const [file, text] of files) {
    const at = nodePath.join(path, ...file.split('/'));
    try {
      mkdirSync(nodePath.dirname(at), { recursive: true });
      writeFileSync(at, text, { flag: 'wx' });
    } catch (error) {
      throw refusalOf(error, `cannot write ${at}`);
    }
  }
}

function entriesOf(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    if (codeOf(error) === 'ENOTDIR') {
      throw new Refusal(`${path} is a file: choose a new directory`, { cause: error });
    }
    throw refusalOf(error, `cannot read ${path}`);
  }
}

function refusalOf(error: unknown, what: string): Refusal {
  const why = error instanceof Error ? error.message : String(error);
  return new Refusal(`${what}: ${why}`, { cause: error });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
