import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 5000;
const POLL_MS = 10;
/** Where Debian puts what is not for every user's path. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/**
 * @typedef {object} Server
 * @property {string} address
 * @property {number | undefined} pid
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Kind
 * @property {string} command
 * @property {(directory: string) => string[]} args
 * @property {(directory: string) => string | undefined} address undefined until it is known
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  nats: {
    command: 'nats-server',
    args: (directory) => ['-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', directory],
    address(directory) {
      const file = readdirSync(directory).find((name) => name.endsWith('.ports'));
      if (file === undefined) return undefined;
      const text = readFileSync(join(directory, file), 'utf8');
      return text === '' ? undefined : new URL(JSON.parse(text).nats[0]).host;
    },
  },
  redis: {
    command: 'redis-server',
    args: (directory) => [
      ...['--port', '0', '--unixsocket', join(directory, 'redis.sock')],
      ...['--save', '', '--appendonly', 'no', '--dir', directory],
      ...['--client-output-buffer-limit', 'pubsub 0 0 0'],
    ],
    address(directory) {
      const path = join(directory, 'redis.sock');
      return existsSync(path) ? path : undefined;
    },
  },
};

/** @param {string} command */
function pathOf(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

/** @param {string} address host and port, or a path */
function accepts(address) {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = port === undefined ? connect(address) : connect(Number(port), host);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** @param {Kind} kind @param {string} directory */
async function listening({ command, address }, directory) {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    const found = address(directory);
    if (found !== undefined && (await accepts(found))) return found;
    await sleep(POLL_MS);
  }
  throw new Error(`${command} did not listen within ${START_MS / 1000} s`);
}

/**
 * Starts a server of the system's packages on a free port, or a socket in `directory`.
 *
 * @param {string} name
 * @param {string} directory
 * @returns {Promise<Server>}
 */
export async function openServer(name, directory) {
  const kind = KINDS[name];
  const path = pathOf(kind.command);
  if (path === undefined) throw new Error(`${kind.command} is not installed`);
  const child = spawn(path, kind.args(directory), { stdio: 'ignore' });
  const gone = new Promise((settle) => child.once('exit', settle));
  const stop = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    return { address: await listening(kind, directory), pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
