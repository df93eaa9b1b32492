import { Buffer } from 'node:buffer';
import type { ChildProcess } from 'node:child_process';
import process from 'node:process';
import type { Port, PortEvents, PortFeatures } from './port.ts';
import type { PortMessage } from './port-message.ts';
import { arrivedMessage, carriedBytes } from './port-message.ts';
import { WAITING_BYTES } from './socket-connection.ts';

/** This process with a channel to its parent, or a child with one to it. */
export type ProcessChannel = (ChildProcess | typeof process) & {
  readonly send: NonNullable<ChildProcess['send']>;
};

const PROCESS_FEATURES: PortFeatures = {
  framing: 'message',
  ordered: true,
  backpressure: true,
  reconnect: false,
  detectsClose: true,
  transfers: false,
  maxSendBytes: undefined,
};

/**
 * The channel between a process and its child, which stays theirs. One with serialization `advanced`
 * carries bytes, one with `json` carries text.
 */
export class ProcessPort implements Port {
  readonly remote: string;
  readonly features: PortFeatures = PROCESS_FEATURES;
  readonly #channel: ProcessChannel;
  #carriesBytes = true;
  #waitingBytes = 0;
  #isPaused = false;
  #events: PortEvents | undefined;
  readonly #flushed: (() => void)[] = [];

  constructor(channel: ProcessChannel) {
    this.#channel = channel;
    this.remote = `process ${channel === process ? process.ppid : channel.pid}`;
  }

  attach(events: PortEvents): () => void {
    const channel: ChildProcess | NodeJS.EventEmitter = this.#channel;
    const message = (value: unknown) => this.#receive(value, events);
    // Comes after the last message of a process that ended, which `exit` may not.
    const gone = () => events.gone();
    // Heard, what fails about a child does not end this process as well. One that runs goes on.
    const error = (cause: Error) => {
      if (this.#channel.pid === undefined) events.gone(cause);
    };
    this.#events = events;
    channel.on('message', message).on('disconnect', gone);
    if (channel !== process) channel.on('error', error);
    if (!this.#channel.connected) gone();
    return () => {
      this.#events = undefined;
      this.#endFlushes();
      channel.off('message', message).off('disconnect', gone).off('error', error);
    };
  }

  post(message: PortMessage): boolean {
    const { bytes } = message;
    const { byteLength } = bytes;
    const carried = this.#carriesBytes ? bytes : asText(bytes);
    this.#waitingBytes += byteLength;
    this.#channel.send({ ...message, bytes: carried }, undefined, undefined, () =>
      this.#left(byteLength),
    );
    this.#isPaused ||= this.#waitingBytes > WAITING_BYTES;
    return !this.#isPaused;
  }

  flush(): Promise<void> {
    if (this.#waitingBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Called also for what a broken channel has thrown away. */
  #left(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (this.#waitingBytes > 0) return;
    this.#endFlushes();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#events?.writable();
  }

  #endFlushes(): void {
    for (const resolve of this.#flushed.splice(0)) resolve();
  }

  #receive(value: unknown, events: PortEvents): void {
    const message = arrivedMessage(value, (carried) => this.#bytesOf(carried));
    if (message !== undefined) events.message(message);
  }

  #bytesOf(carried: unknown): Uint8Array {
    const bytes = carriedBytes(carried);
    // Both ends hear a hello or a ready, and so know, before they send any bytes of the link.
    this.#carriesBytes = bytes !== undefined;
    if (bytes !== undefined) return bytes;
    // What else arrives is what JSON makes of bytes, from an end that does not know yet.
    return typeof carried === 'string' ? Buffer.from(carried, 'base64') : new Uint8Array(0);
  }
}

function asText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
