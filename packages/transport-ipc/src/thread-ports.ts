import type { MessagePort, Worker } from 'node:worker_threads';
import { parentPort } from 'node:worker_threads';
import type { Port, PortEvents, PortFeatures } from './port.ts';
import type { PortMessage } from './port-message.ts';
import { arrivedMessage, carriedBytes } from './port-message.ts';

/** A port of the web's own kind, as some platforms have instead of Node's. */
export interface WebPort {
  /**
   * Sends a message.
   * @param transfer - memory of the message that moves instead of being copied.
   */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** `close` may never come: some platforms do not tell. */
  addEventListener(event: 'message' | 'close', listener: (event: { data?: unknown }) => void): void;
  /** Undoes that for the same listener. */
  removeEventListener(
    event: 'message' | 'close',
    listener: (event: { data?: unknown }) => void,
  ): void;
  /** Where there is one, messages come only after it was called. */
  start?(): void;
  /** Called when the link ends. */
  close?(): void;
}

const THREAD_FEATURES: PortFeatures = {
  framing: 'message',
  ordered: true,
  backpressure: false,
  reconnect: false,
  detectsClose: true,
  transfers: true,
  maxSendBytes: undefined,
};

// Some platforms tell of the far end's close, and some do not.
const WEB_FEATURES: PortFeatures = { ...THREAD_FEATURES, detectsClose: false };

/** Another thread, as its starter sees it; the thread stays its starter's to end. */
export function workerPort(worker: Worker): Port {
  const remote = `worker ${worker.threadId}`;
  return {
    remote,
    features: THREAD_FEATURES,
    ...posting(worker),
    attach(events) {
      const message = messageListener(events);
      let uncaught: Error | undefined;
      // Heard, it does not end this thread as well. The exit follows.
      const error = (cause: unknown) => {
        uncaught = new Error(`${remote} ended by an error it did not catch: ${textOf(cause)}`, {
          cause,
        });
      };
      const exit = (code: number) => {
        const failed = code === 0 ? undefined : new Error(`${remote} ended with exit code ${code}`);
        events.gone(uncaught ?? failed);
      };
      worker.on('message', message).on('error', error).on('exit', exit);
      if (worker.threadId === ENDED) events.gone();
      return () => worker.off('message', message).off('error', error).off('exit', exit);
    },
    close: () => Promise.resolve(),
  };
}

const ENDED = -1;

/** What a thread throws may be anything. */
function textOf(cause: unknown): string {
  const { message }: { readonly message?: unknown } = Object(cause);
  return typeof message === 'string' ? message : String(cause);
}

/** One end of a `MessageChannel`, or a worker's port to its parent, which is not closed here. */
export function messagePort(port: MessagePort): Port {
  const isParents = port === parentPort;
  const closed = new Promise<void>((resolve) => port.once('close', resolve));
  return {
    remote: isParents ? 'parent thread' : 'message port',
    features: THREAD_FEATURES,
    ...posting(port),
    attach(events) {
      const message = messageListener(events);
      const gone = () => events.gone();
      port.on('message', message).on('close', gone);
      return () => port.off('message', message).off('close', gone);
    },
    close() {
      if (isParents) return Promise.resolve();
      port.close();
      return closed;
    },
  };
}

/** A port with the web's events instead of Node's. */
export function webPort(port: WebPort): Port {
  return {
    remote: 'message port',
    features: WEB_FEATURES,
    ...posting(port),
    attach(events) {
      const listener = messageListener(events);
      const message = (event: { data?: unknown }) => listener(event.data);
      const gone = () => events.gone();
      port.addEventListener('message', message);
      port.addEventListener('close', gone);
      port.start?.();
      return () => {
        port.removeEventListener('message', message);
        port.removeEventListener('close', gone);
      };
    },
    close() {
      port.close?.();
      return Promise.resolve();
    },
  };
}

function messageListener(events: PortEvents): (value: unknown) => void {
  return (value) => {
    const message = arrivedMessage(value, carriedBytes);
    if (message !== undefined) events.message(message);
  };
}

/** `postMessage` never blocks, and what was posted lies in the other thread's queue at once. */
function posting(port: Pick<WebPort, 'postMessage'>): Pick<Port, 'post' | 'flush'> {
  return {
    post(message) {
      postBytes(port, message);
      return true;
    },
    flush: () => Promise.resolve(),
  };
}

/**
 * Moves the memory of bytes that have it to themselves. Of others a copy is moved: to post a view would
 * copy all that it is a view of, and memory that threads share would not be copied at all.
 */
function postBytes(port: Pick<WebPort, 'postMessage'>, message: PortMessage): void {
  const { bytes } = message;
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) {
    try {
      port.postMessage(message, [buffer]);
      return;
    } catch {
      // Memory that cannot move, such as a pool's, or WebAssembly's.
    }
  }
  const copy = new Uint8Array(bytes);
  port.postMessage({ ...message, bytes: copy }, [copy.buffer]);
}
