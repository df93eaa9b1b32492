import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServer } from './servers.mjs';

const END = new URL('./end.mjs', import.meta.url);
/** The longest that anything asked of an end may take. */
const CALL_MS = 40_000;

/**
 * @typedef {object} End a process at one end of a link
 * @property {string | undefined} address where the other end finds it
 * @property {(call: string, argument?: unknown) => Promise<any>} call
 * @property {number} pid
 * @property {() => Promise<void>} kill without a warning, and until it is gone
 */

/**
 * @param {string} role
 * @param {object} settings
 * @returns {Promise<End>}
 */
function startEnd(role, settings) {
  return new Promise((resolve, reject) => {
    const child = fork(END, [role, JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const gone = new Promise((settle) => child.once('exit', settle));
    /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
    const waiting = new Map();
    let calls = 0;

    const call = (name, argument) =>
      new Promise((answer, refuse) => {
        const late = () => refuse(new Error(`${role}: ${name} took over ${CALL_MS / 1000} s`));
        const deadline = setTimeout(late, CALL_MS);
        const settled = (settle) => (value) => {
          clearTimeout(deadline);
          settle(value);
        };
        waiting.set(++calls, { resolve: settled(answer), reject: settled(refuse) });
        child.send({ id: calls, call: name, argument });
      });
    const kill = async () => {
      child.kill('SIGKILL');
      await gone;
    };

    child.on('message', (/** @type {any} */ { ready, failed, id, result, error }) => {
      if (ready !== undefined)
        return resolve({ address: ready.address, call, pid: child.pid, kill });
      if (failed !== undefined) {
        child.kill('SIGKILL');
        return reject(new Error(failed));
      }
      if (error === undefined) waiting.get(id)?.resolve(result);
      else waiting.get(id)?.reject(new Error(error));
      waiting.delete(id);
    });
    child.once('exit', (code, signal) => {
      const error = new Error(`${role} ended with ${signal ?? code}`);
      reject(error);
      for (const { reject: refuse } of waiting.values()) refuse(error);
    });
  });
}

/**
 * What a measurement starts ends with; all of them have gone when it is over.
 *
 * @typedef {object} Stage
 * @property {string} path for a socket
 * @property {import('./servers.mjs').Server | undefined} server
 * @property {(role: string, settings: object) => Promise<End>} start
 */

/**
 * @template T
 * @param {{ server?: string }} needs
 * @param {(stage: Stage) => Promise<T>} measure
 * @returns {Promise<T>}
 */
export async function withEnds({ server: serverName }, measure) {
  const directory = mkdtempSync(join(tmpdir(), 'bus-bench-'));
  const server = serverName === undefined ? undefined : await openServer(serverName, directory);
  /** @type {End[]} */
  const ends = [];
  const start = async (role, settings) => {
    const end = await startEnd(role, settings);
    ends.push(end);
    return end;
  };
  try {
    return await measure({ path: join(directory, 'bench.sock'), server, start });
  } finally {
    await Promise.all(ends.map((end) => end.kill()));
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
