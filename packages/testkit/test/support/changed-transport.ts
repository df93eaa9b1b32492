import type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportFeatures,
  TransportHost,
} from '@bus/wire';

/** What to break of a transport; what is left out works as before. */
export interface Change {
  readonly features?: Partial<TransportFeatures>;
  open?(inner: Transport, host: TransportHost, signal: AbortSignal): Promise<void>;
  close?(inner: Transport): Promise<void>;
  /** The transport's connection, as the bus gets it. */
  connection?(inner: Connection): Partial<Connection>;
  /** The bus's side of a connection, as the transport gets it. */
  events?(inner: ConnectionEvents): Partial<ConnectionEvents>;
}

/** A transport with something about it changed. */
export function changed(inner: Transport, change: Change): Transport {
  const opened = (host: TransportHost, signal: AbortSignal): Promise<void> => {
    const own = hosted(host, change);
    return change.open?.(inner, own, signal) ?? inner.open(own, signal);
  };
  return {
    name: inner.name,
    address: inner.address,
    role: inner.role,
    features: { ...inner.features, ...change.features },
    open: opened,
    close: () => change.close?.(inner) ?? inner.close(),
  };
}

function hosted(host: TransportHost, change: Change): TransportHost {
  return {
    env: host.env,
    log: host.log,
    busId: host.busId,
    connected(inner) {
      const connection: Connection = {
        remote: inner.remote,
        local: inner.local,
        send: (bytes) => inner.send(bytes),
        flush: () => inner.flush(),
        close: () => inner.close(),
        ...change.connection?.(inner),
      };
      const events = host.connected(connection);
      return {
        receive: (bytes) => events.receive(bytes),
        writable: () => events.writable(),
        closed: (error) => events.closed(error),
        ...change.events?.(events),
      };
    },
    failed: (error) => host.failed(error),
  };
}
