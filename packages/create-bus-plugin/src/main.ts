import type { Readable, Writable } from 'node:stream';
import { changesetOf, firstChangeset } from './changeset.ts';
import type { Directory } from './directory.ts';
import { checkEmpty, directoryOf, writeFiles } from './directory.ts';
import type { Kind } from './kinds.ts';
import { kindNames, kindOf } from './kinds.ts';
import { manifestOf } from './manifest.ts';
import { namesOf, suggestedName, unscoped } from './names.ts';
import type { Options } from './options.ts';
import { help, optionsOf } from './options.ts';
import { own } from './own.ts';
import { noQuestions, Questions } from './questions.ts';
import { Refusal } from './refusal.ts';
import type { Files } from './template.ts';
import { filesOf } from './template.ts';

/** What the program is started with. */
export interface Surroundings {
  /** The command line, without the program. */
  readonly args: readonly string[];
  /** The working directory, absolute. */
  readonly cwd: string;
  /** Answers, a line each. */
  readonly input: Readable;
  /** Gets the questions, and what was made. */
  readonly output: Writable;
  /** Gets what went wrong. */
  readonly errors: Writable;
}

/**
 * Writes a package for the bus, asking for what the command line does not say. Never throws for what
 * somebody typed: that is told to `errors`.
 * @returns the exit code of the program: 0, or 1 where nothing was made.
 */
export async function main(surroundings: Surroundings): Promise<number> {
  const { args, output, errors } = surroundings;
  try {
    const options = optionsOf(args);
    if (options.help) output.write(help);
    else if (options.version) output.write(`${own().version}\n`);
    else await create(options, surroundings);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    errors.write(`${error.message}\n`);
    return 1;
  }
}

async function create(options: Options, { cwd, input, output }: Surroundings): Promise<void> {
  const questions = options.yes ? noQuestions : new Questions(input, output);
  try {
    const { directory, files } = await settle(options, cwd, questions);
    writeFiles(directory, files);
    output.write(`\n${directory.path} is written. Next:\n\n`);
    for (const command of [directory.command, 'npm install', 'npm test']) {
      output.write(`  ${command}\n`);
    }
  } finally {
    questions.close();
  }
}

interface Settled {
  readonly directory: Directory;
  readonly files: Files;
}

/** Takes what the options say, and asks for the rest; nothing is written before all is known to fit. */
async function settle(
  options: Options,
  cwd: string,
  questions: Pick<Questions, 'ask'>,
): Promise<Settled> {
  const settled = <T>(
    given: string | undefined,
    question: string,
    byDefault: string,
    read: (text: string) => T,
  ): T | Promise<T> =>
    given === undefined ? questions.ask(question, byDefault, read) : read(given);

  const emptyDirectory = (typed: string): Directory => {
    const directory = directoryOf(typed, cwd);
    checkEmpty(directory);
    return directory;
  };
  const given = options.directory === undefined ? undefined : emptyDirectory(options.directory);
  const kind = await settled(options.kind, `Kind: ${kindNames.join(', ')}?`, 'plugin', kindOf);
  const byDefault = (given && suggestedName(given.name)) ?? `bus-${kind}-sample`;
  const { name, files } = await settled(options.name, 'Name of the package?', byDefault, (typed) =>
    packageOf(kind, typed),
  );
  const directory =
    given ?? (await settled(undefined, 'Directory?', unscoped(name), emptyDirectory));
  return { directory, files };
}

function packageOf(kind: Kind, name: string): { readonly name: string; readonly files: Files } {
  const names = namesOf(name, kind);
  const files = new Map([
    ['package.json', manifestOf(kind, names, own())],
    [firstChangeset, changesetOf(names)],
    ...filesOf(kind, names),
  ]);
  return { name, files };
}
