import { parseArgs } from 'node:util';
import { kinds } from './kinds.ts';
import { Refusal } from './refusal.ts';

/** What was asked for on the command line; what is undefined was not. */
export interface Options {
  readonly directory: string | undefined;
  readonly name: string | undefined;
  readonly kind: string | undefined;
  /** Ask nothing: take the defaults. */
  readonly yes: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/**
 * Reads the command line.
 * @throws Refusal
 */
export function optionsOf(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  if (positionals.length > 1) {
    const [first, second] = positionals;
    throw new Refusal(`one directory is enough, and '${first}' and '${second}' were given`);
  }
  return {
    directory: positionals[0],
    name: values.name,
    kind: values.kind,
    yes: values.yes ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        kind: { type: 'string' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(`${why}\n--help says what can be asked for`, { cause: error });
  }
}

const kindLines = Object.entries(kinds).map(([kind, { what }]) => `${kind.padEnd(10)} ${what}`);

/** What `--help` prints. */
export const help: string = `\
usage: create-bus-plugin [directory] [options]

Starts a package for the bus. What is not given is asked for.

  --kind <kind>   ${kindLines.join('\n                  ')}
  --name <name>   what the package is called; default the directory's name
  -y, --yes       ask nothing, take the defaults
  -h, --help      say this
  -v, --version   say the version

  npm create bus-plugin bus-plugin-audit
  npm create bus-plugin bus-transport-tcp -- --kind transport --yes
`;
