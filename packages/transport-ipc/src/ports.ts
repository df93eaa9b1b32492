import type { ChildProcess } from 'node:child_process';
import type process from 'node:process';
import type { MessagePort, Worker } from 'node:worker_threads';
import { optionInvalid } from '@bus/core';
import type { Port } from './port.ts';
import type { ProcessChannel } from './process-port.ts';
import { ProcessPort } from './process-port.ts';
import type { WebPort } from './thread-ports.ts';
import { messagePort, webPort, workerPort } from './thread-ports.ts';

/**
 * What two ends can send each other messages by: to a worker thread or child process as its starter
 * has it, in it `parentPort` or `process`, or one end of a channel.
 */
export type IpcPort = MessagePort | Worker | ChildProcess | typeof process | WebPort;

/**
 * Tells ports apart by what they have: a class would be another one's in the next realm or bundle.
 * @throws BUS_OPTION_INVALID
 */
export function portOf(given: IpcPort): Port {
  if (typeof given !== 'object' || given === null) throw optionInvalid('port', given, WANTED);
  if (isProcess(given)) return processPort(given);
  if (typeof given.postMessage !== 'function') throw optionInvalid('port', given, WANTED);
  if ('threadId' in given) return workerPort(given);
  if ('on' in given) return messagePort(given);
  if ('addEventListener' in given) return webPort(given);
  throw optionInvalid('port', given, WANTED);
}

const WANTED = 'a MessagePort, a Worker, a ChildProcess, or a process that has a parent';

function isProcess(given: IpcPort): given is ChildProcess | typeof process {
  return 'pid' in given;
}

function processPort(given: ChildProcess | typeof process): Port {
  if (hasChannel(given)) return new ProcessPort(given);
  throw optionInvalid(
    'port',
    `process ${given.pid}`,
    'a process with a channel: start it by fork, or by spawn with "ipc" in its stdio',
  );
}

function hasChannel(given: ChildProcess | typeof process): given is ProcessChannel {
  return typeof given.send === 'function';
}
