import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { load } from '../../lib/ours.mjs';

const LINK_MS = 20_000;

/** By a clock that all processes of a machine share. */
const now = () => Number(process.hrtime.bigint());

/** @param {string} id @param {any[]} plugins */
async function openBus(id, plugins) {
  const [{ createBus }, { routerGlob }, { pubsub }, { correlation }] = await Promise.all(
    ['core', 'router-glob', 'pubsub', 'correlation'].map(load),
  );
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const bus = createBus({ id, log }).use(routerGlob(), pubsub(), correlation(), ...plugins);
  await bus.start();
  return bus;
}

/**
 * A process that answers some requests and keeps others. It has a bare socket beside its link.
 *
 * @param {{ id: string, path: string }} settings
 */
export async function worker({ id, path }) {
  const { transportIpc } = await load('transport-ipc');
  const bare = connect(`${path}.bare`);
  await once(bare, 'connect');
  bare.write(id);
  const bus = await openBus(id, [transportIpc({ connect: path })]);
  bus.handle('hold', () => new Promise(() => undefined));
  bus.handle('who', () => id);
}

/**
 * The process that the workers are linked to, with health.
 *
 * @param {{ path: string }} settings
 */
export async function observer({ path }) {
  const [{ health }, { transportIpc }] = await Promise.all(['health', 'transport-ipc'].map(load));
  const bareClosed = watchBare(`${path}.bare`);
  const bus = await openBus('observer', [health(), transportIpc({ listen: path })]);
  /** When a peer last came into a state. @type {Map<string, number>} */
  const reached = new Map();
  const counts = { suspect: 0, down: 0 };
  const watchers = new Set();
  const tell = () => {
    for (const watch of watchers) watch();
  };
  bus.subscribe('$bus.health.changed', ({ payload: { subject, to } }) => {
    if (subject.kind !== 'peer') return;
    reached.set(`${subject.id} ${to}`, now());
    if (to in counts) counts[to]++;
    tell();
  });
  bus.subscribe('$bus.endpoint.*', tell);

  /** @template T @param {() => T | undefined} find @returns {Promise<T>} */
  const until = (find) =>
    new Promise((resolve, reject) => {
      const watch = () => {
        const found = find();
        if (found === undefined || found === false) return;
        clearTimeout(deadline);
        watchers.delete(watch);
        resolve(found);
      };
      const late = () => reject(new Error(`nothing within ${LINK_MS / 1000} s`));
      const deadline = setTimeout(late, LINK_MS);
      watchers.add(watch);
      watch();
    });

  /** @type {Promise<{ failedAt: number, movedAt: number, by: string }> | undefined} */
  let lost;
  return {
    counts: () => counts,
    linked: (count) => until(() => bus.endpoints('who').length === count),
    reached: ({ id, state }) => until(() => reached.get(`${id} ${state}`)),
    healthy: (id) => until(() => bus.health.of(id)?.state === 'healthy'),
    forget: () => reached.clear(),
    bareClosed,
    /** Gives each worker some requests that are never answered. */
    hold(each) {
      const left = new AbortController();
      const held = Array.from({ length: 2 * each }, () =>
        bus.request('hold', {}, { signal: left.signal, timeoutMs: LINK_MS }),
      );
      let failures = 0;
      lost = new Promise((resolve, reject) => {
        const failed = async ({ code }) => {
          if (code !== 'CORRELATION_PEER_GONE' || ++failures < each) return;
          const failedAt = now();
          const by = await bus.request('who', {});
          resolve({ failedAt, movedAt: now(), by });
          left.abort();
        };
        for (const request of held) request.then(reject, failed).catch(reject);
      });
    },
    lost: () => lost,
    stall(ms) {
      const end = performance.now() + ms;
      while (performance.now() < end);
    },
  };
}

/** When the bare socket of a worker was closed, which is the soonest that anybody can know. */
function watchBare(path) {
  /** @type {Map<string, Promise<number>>} */
  const closed = new Map();
  const server = createServer((socket) => {
    socket.once('data', (id) => {
      closed.set(String(id), new Promise((resolve) => socket.once('close', () => resolve(now()))));
    });
    socket.on('error', () => undefined);
  });
  server.listen(path);
  return (id) => closed.get(id);
}
