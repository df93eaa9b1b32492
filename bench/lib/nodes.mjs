import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';

const NODES = fileURLToPath(new URL('../.nodes', import.meta.url));

/** The releases that are measured, by what `--node` calls them. */
const RELEASES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };

/**
 * A Node that runs contenders.
 *
 * @typedef {object} Node
 * @property {string} version
 * @property {string} v8
 * @property {string} path of its binary
 */

/**
 * Installs a release, once.
 *
 * @param {string} release
 * @returns {string} the path of its binary
 */
function installed(release) {
  const folder = join(NODES, release);
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(folder, 'node_modules', 'node', 'bin', name);
  if (existsSync(path)) return path;
  process.stderr.write(`installing Node ${release} (npm install in bench/.nodes/)\n`);
  mkdirSync(folder, { recursive: true });
  // With a manifest of its own, so that npm does not take bench/ for the project. The binary is
  // fetched by an install script.
  const manifest = { private: true, allowScripts: { [`node@${release}`]: true } };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest)}\n`);
  npm(['install', '--no-save', '--no-package-lock', `node@${release}`], folder);
  return path;
}

/**
 * @param {string} path
 * @returns {Node}
 */
function nodeAt(path) {
  const script = 'process.stdout.write(JSON.stringify(process.versions))';
  const { status, stdout } = spawnSync(path, ['-e', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`--node: ${path} is no Node that runs`);
  const { node, v8 } = JSON.parse(stdout);
  return { version: node, v8, path };
}

/** @param {string} name a major version that is measured, or a path */
function named(name) {
  const release = RELEASES[name];
  if (release !== undefined) return nodeAt(installed(release));
  if (existsSync(name)) return nodeAt(name);
  const known = Object.keys(RELEASES).join(', ');
  throw new Error(`--node takes ${known}, several of them, all, or a path; got ${name}`);
}

/**
 * The Nodes that `--node` names.
 *
 * @param {string | undefined} choice `all`, or names with commas between; default the Node that runs this
 * @returns {Node[]}
 */
export function chosenNodes(choice) {
  if (choice === undefined) return [nodeAt(process.execPath)];
  const names = choice === 'all' ? Object.keys(RELEASES) : choice.split(',');
  return names.map(named);
}
