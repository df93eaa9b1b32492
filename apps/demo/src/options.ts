import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  /** How long to run; Infinity until Ctrl-C. */
  readonly runMs: number;
  readonly dir: string;
  readonly json: boolean;
  /** All modules in one process. */
  readonly single: boolean;
  /** Where the page is served; 0 for a free one. */
  readonly port: number;
  /** Cause faults in the middle of the run. */
  readonly chaos: boolean;
  readonly help: boolean;
}

/** A flag that cannot be used as given; the message says which and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const help = `A workspace monitor made of modules that only know the bus.

  --for TIME    how long to run: 20s (default), 500ms, 2m, 1h, or forever (until Ctrl-C)
  --dir PATH    the folder to watch; default the repository around the current folder
  --single      all modules in this process, instead of one for each and a thread
  --port N      where the page is served; default a free port
  --json        nothing but one JSON object on stdout, at the end
  --chaos       kill a process, stop another, poison a message, in the middle of the run; on for
                runs of at least 15 s, --no-chaos leaves it out
  --help        this text

Ctrl-C ends it in good order, twice at once. Exit code 0 when the sums of all processes
balance, 1 when they do not, 2 for flags that cannot be used, 130 when ended at once.
`;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Shorter ones are over before the faults are. */
const chaosFromMs = 15_000;
/** Longer ones do not fit a timer. */
const longestRunMs = 2 ** 31 - 1;

/** @throws UsageError */
export function readOptions(args: readonly string[], cwd: string = process.cwd()): Options {
  // `pnpm demo -- --json` passes the dashes on.
  const { values, positionals } = parse(args[0] === '--' ? args.slice(1) : args);
  if (positionals.length > 0) {
    throw new UsageError(`'${positionals[0]}' belongs to no flag: name a folder with --dir`);
  }
  const runMs = durationOf(values.for ?? '20s');
  return {
    runMs,
    dir: folderOf(values.dir, cwd),
    json: values.json ?? false,
    single: values.single ?? false,
    port: portOf(values.port ?? '0'),
    chaos: values.chaos ?? runMs >= chaosFromMs,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        for: { type: 'string' },
        dir: { type: 'string' },
        json: { type: 'boolean' },
        single: { type: 'boolean' },
        port: { type: 'string' },
        chaos: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [said] = (error as Error).message.split('. To specify');
    throw new UsageError(`${said?.replace(/\.$/, '')}: see --help`);
  }
}

function durationOf(text: string): number {
  if (text === 'forever') return Number.POSITIVE_INFINITY;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (units[unit ?? ''] ?? Number.NaN);
  if (ms > 0 && ms <= longestRunMs) return ms;
  throw new UsageError(
    `--for ${text}: give a time such as 20s, 500ms, 2m, at most 24 days, or forever`,
  );
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`--port ${text}: give a port up to 65535, or leave it out for a free one`);
}

function folderOf(given: string | undefined, cwd: string): string {
  if (given === undefined) return repositoryAround(cwd) ?? cwd;
  const dir = resolve(cwd, given);
  const stats = statSync(dir, { throwIfNoEntry: false });
  if (given === '' || !stats?.isDirectory()) {
    const what = stats === undefined ? 'there is no such folder' : 'that is no folder';
    throw new UsageError(`--dir ${given || "''"}: ${what}; name one that exists`);
  }
  try {
    readdirSync(dir);
  } catch (error) {
    throw new UsageError(
      `--dir ${given}: cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  return dir;
}

function repositoryAround(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : repositoryAround(above);
}
