import { EventEmitter } from 'node:events';

/**
 * One library behind two verbs. `emit` returns a promise where the library delivers asynchronously;
 * it is awaited then.
 *
 * @typedef {object} Emitter
 * @property {'payload' | 'message' | 'params'} shape what its handlers get
 * @property {(topic: string, handler: (input: any) => void) => void} on
 * @property {(topic: string, payload: { n: number }) => unknown} emit
 * @property {boolean} [waits] whether `emit` has to be awaited
 * @property {() => Promise<void>} [ready] after the last `on`
 * @property {() => unknown} [stop]
 */

/** The physical limit: one look-up in a Map of interned strings, then a call for each handler. */
export function limit() {
  /** @type {Map<string, Array<(input: any) => void>>} */
  const routes = new Map();
  return {
    shape: 'payload',
    on(topic, handler) {
      const handlers = routes.get(topic);
      if (handlers === undefined) routes.set(topic, [handler]);
      else handlers.push(handler);
    },
    emit(topic, payload) {
      const handlers = routes.get(topic);
      if (handlers === undefined) return;
      for (let i = 0; i < handlers.length; i++) handlers[i](payload);
    },
  };
}

export function nodeEvents() {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    shape: 'payload',
    on: (topic, handler) => emitter.on(topic, handler),
    emit: (topic, payload) => emitter.emit(topic, payload),
  };
}

export async function eventemitter3() {
  const { EventEmitter: EventEmitter3 } = await import('eventemitter3');
  const emitter = new EventEmitter3();
  return {
    shape: 'payload',
    on: (topic, handler) => emitter.on(topic, handler),
    emit: (topic, payload) => emitter.emit(topic, payload),
  };
}

export async function eventemitter2() {
  const { default: EventEmitter2 } = await import('eventemitter2');
  const emitter = new EventEmitter2({ wildcard: true, delimiter: '.', maxListeners: 0 });
  return {
    shape: 'payload',
    on: (topic, handler) => emitter.on(topic, handler),
    emit: (topic, payload) => emitter.emit(topic, payload),
  };
}

/** `emitAsync`, which calls all handlers at once and gives a promise of all of them. */
async function openEmitAsync(options) {
  const { default: EventEmitter2 } = await import('eventemitter2');
  const emitter = new EventEmitter2({ maxListeners: 0, ...options });
  return {
    shape: 'payload',
    on: (topic, handler) => emitter.on(topic, handler),
    emit: (topic, payload) => emitter.emitAsync(topic, payload),
  };
}

export const emitAsync = () => openEmitAsync({});
export const emitAsyncWildcards = () => openEmitAsync({ wildcard: true, delimiter: '.' });

export async function mitt() {
  const { default: createMitt } = await import('mitt');
  const emitter = createMitt();
  return {
    shape: 'payload',
    on: (topic, handler) => emitter.on(topic, handler),
    emit: (topic, payload) => emitter.emit(topic, payload),
  };
}

export async function emittery() {
  const { default: Emittery } = await import('emittery');
  const emitter = new Emittery();
  return {
    shape: 'payload',
    waits: true,
    on: (topic, handler) => emitter.on(topic, handler),
    emit: (topic, payload) => emitter.emit(topic, payload),
  };
}

/** rxjs has no topics: a Subject for each, found in a Map as users of it do. */
export async function rxjs() {
  const { Subject } = await import('rxjs');
  /** @type {Map<string, import('rxjs').Subject<{ n: number }>>} */
  const subjects = new Map();
  return {
    shape: 'payload',
    on(topic, handler) {
      let subject = subjects.get(topic);
      if (subject === undefined) {
        subject = new Subject();
        subjects.set(topic, subject);
      }
      subject.subscribe(handler);
    },
    emit: (topic, payload) => subjects.get(topic)?.next(payload),
  };
}

export async function moleculer() {
  const { ServiceBroker } = (await import('moleculer')).default;
  const broker = new ServiceBroker({ logger: false, metrics: false, tracing: false });
  /** @type {Record<string, { context: boolean, handler: (input: any) => void }>} */
  const events = {};
  const services = [];
  return {
    shape: 'params',
    waits: true,
    on(topic, handler) {
      // A service has one handler for an event: fan-out needs a service each.
      let index = 0;
      while (services[index]?.[topic] !== undefined) index++;
      services[index] ??= index === 0 ? events : {};
      services[index][topic] = { context: true, handler };
    },
    emit: (topic, payload) => broker.broadcastLocal(topic, payload),
    async ready() {
      for (const [index, events] of services.entries()) {
        broker.createService({ name: `bench-${index}`, events });
      }
      await broker.start();
    },
    stop: () => broker.stop(),
  };
}
