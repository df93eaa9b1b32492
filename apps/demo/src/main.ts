import { help, readOptions, UsageError } from './options.ts';
import { run } from './run.ts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else process.exitCode = await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
