import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';

/** How busy the endpoints of a bus are together: where none is, none has to be looked at. */
export interface Traffic {
  /** Endpoints that are not free to take a message at once. */
  busy: number;
  /** Rises whenever one stops being free. */
  changes: number;
}

/** What an endpoint needs of its bus when it changes or goes. */
export interface EndpointOwner {
  readonly id: string;
  readonly traffic: Traffic;
  /** @param error - how what waits ends, where it is not to be handled. */
  remove(endpoint: Endpoint, drain: boolean, reason: string, error?: BusError): void;
  resume(endpoint: Endpoint): void;
  changed(endpoint: Endpoint): void;
  drained(endpoint: Endpoint): Promise<void>;
}
