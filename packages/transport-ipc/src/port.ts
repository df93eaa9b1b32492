import type { PortMessage } from './port-message.ts';

/** What a link over a port can do: processes have backpressure, threads move memory. */
export interface PortFeatures {
  /** What one `send` was given arrives as one message. */
  readonly framing: 'message';
  /** Ports keep the order. */
  readonly ordered: true;
  /** Of processes; no thread says how much it has yet to read. */
  readonly backpressure: boolean;
  /** A port that has closed stays so: a new link takes a new port and another transport. */
  readonly reconnect: false;
  /** Not where the port is a `WebPort`, since some platforms do not tell. */
  readonly detectsClose: boolean;
  /** Of threads: bytes that have their memory to themselves are not copied. */
  readonly transfers: boolean;
  /** There is no limit. */
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
