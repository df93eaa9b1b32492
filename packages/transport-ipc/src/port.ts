import type { PortMessage } from './port-message.ts';

/** What a link over a port can do: processes have backpressure, threads move memory. */
export interface PortFeatures {
  readonly framing: 'message';
  readonly ordered: true;
  readonly backpressure: boolean;
  readonly reconnect: false;
  readonly detectsClose: boolean;
  readonly transfers: boolean;
  readonly maxSendBytes: undefined;
}

/** What a port tells of itself. */
export interface PortEvents {
  message(message: PortMessage): void;
  /** There is room again, after a `post` that returned false. */
  writable(): void;
  /** The far end is gone, or was when this was attached. */
  gone(error?: Error): void;
}

/** What all ports have in common, whatever they are. */
export interface Port {
  /** What is at the other end, for people. */
  readonly remote: string;
  readonly features: PortFeatures;
  /** Tells what happens from now on, until the function returned is called. */
  attach(events: PortEvents): () => void;
  /**
   * Sends a message; false asks for a pause.
   * @throws what the platform throws, after which the port is of no use any more.
   */
  post(message: PortMessage): boolean;
  /** Resolves when everything posted has left, or will never. */
  flush(): Promise<void>;
  /** Closes the port, unless it is somebody else's to close. */
  close(): Promise<void>;
}
