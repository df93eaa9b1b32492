// The test command on every version of Node that is supported.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../packed.mjs';
import { output, run } from './commands.mjs';

/** The majors that are supported. */
export const majors = [20, 22, 24];

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Where most systems have the certificates they trust: these binaries bring only their own. */
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Runs the test command of a copy of the repository on one version of Node, all built anew.
 * @param {number} major
 * @param {string} copy the repository
 * @param {string} at a new folder, for the binary
 * @returns {Promise<{ version: string, passed: number, failed: number, skipped: number }>}
 * @throws Error where a test fails
 */
export async function testOnNode(major, copy, at) {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{ "private": true }\n');
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  await run('npm', ['install', '--no-audit', '--no-fund', `${name}@${major}`], { cwd: at });
  const bin = join(at, 'node_modules', name, 'bin');
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    TURBO_FORCE: 'true',
    ...(existsSync(certificates) && { NODE_EXTRA_CA_CERTS: certificates }),
  };
  const version = (await output('node', ['--version'], { cwd: copy, env })).trim();
  const report = join(at, 'report.json');
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  await run('npx', ['-y', packageManager, 'test', ...reporters], { cwd: copy, env });
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  if (numFailedTests > 0 || numPassedTests === 0) throw new Error(`${numFailedTests} tests fail`);
  return { version, passed: numPassedTests, failed: 0, skipped: numPendingTests + numTodoTests };
}
