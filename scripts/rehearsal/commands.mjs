import { execFile } from 'node:child_process';

/**
 * Runs a command; returns what it printed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').ExecFileOptions} options
 * @returns {Promise<string>}
 * @throws Error that has all of what it printed, where it fails
 */
export function output(command, args, options) {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { ...options, maxBuffer: 64 << 20, encoding: 'utf8' },
      (error, printed, errors) => {
        if (error === null) return resolve(printed);
        const line = [command, ...args].join(' ');
        reject(new Error(`'${line}' failed in ${options.cwd}:\n${printed}${errors}`));
      },
    ).stdin?.end();
  });
}

/** Runs a command for what it does. */
export async function run(command, args, options) {
  await output(command, args, options);
}
