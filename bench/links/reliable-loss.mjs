import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { withEnds } from './ends.mjs';

const COUNT = 20_000;
const KEYS = 100;
const SENDING_MS = 8000;
const CUT_EVERY_MS = 250;
/** How many cuts until the hub is killed instead. */
const CUTS_A_KILL = 6;
const SETTLE_MS = 60_000;
const POLL_MS = 50;

/**
 * A socket that passes everything on to another, until it is cut.
 *
 * @param {string} path
 * @param {string} target
 */
async function openWire(path, target) {
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(path, () => resolve(undefined)));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    path,
    cut,
    close: () => {
      cut();
      server.close();
    },
  };
}

/**
 * Cuts links in turn and kills the hub now and then, as long as something is being sent.
 *
 * @param {{ cut(): void }[]} wires
 * @param {() => Promise<void>} restartHub
 * @param {() => boolean} goesOn
 */
async function disturb(wires, restartHub, goesOn) {
  const done = { cuts: 0, kills: 0 };
  for (let turn = 1; goesOn(); turn++) {
    await sleep(CUT_EVERY_MS);
    if (turn % CUTS_A_KILL === 0) {
      await restartHub();
      done.kills++;
    } else {
      wires[turn % wires.length].cut();
      done.cuts++;
    }
  }
  return done;
}

/** @param {import('./ends.mjs').End} publisher */
async function settled(publisher) {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const state = await publisher.call('state');
    if (state.pending === 0) return state;
    if (performance.now() > until) throw new Error(`${state.pending} never acknowledged`);
    await sleep(POLL_MS);
  }
}

/** What became of messages of many keys over a hub, when nothing stays up for long. */
export function survived() {
  return () =>
    withEnds({}, async ({ path, start }) => {
      const settings = { peer: 'reliable', path };
      let hub = await start('hub', settings);
      const restartHub = async () => {
        await hub.kill();
        hub = await start('hub', settings);
      };
      const wires = [await openWire(`${path}.a`, path), await openWire(`${path}.b`, path)];
      try {
        const subscriber = await start('reliable-subscriber', {
          ...settings,
          address: wires[0].path,
        });
        const publisher = await start('reliable-publisher', {
          ...settings,
          address: wires[1].path,
        });
        let sending = true;
        const load = { count: COUNT, keys: KEYS, ms: SENDING_MS };
        const sent = publisher.call('run', load).finally(() => {
          sending = false;
        });
        const { cuts, kills } = await disturb(wires, restartHub, () => sending);
        await sent;
        const state = await settled(publisher);
        const book = await subscriber.call('book');
        return {
          lost: COUNT - book.unique,
          'out of order': book.disordered,
          'handled twice': book.again,
          'not acknowledged': COUNT - state.acknowledged,
          'sent again': state.resent,
          'duplicates caught': book.duplicates,
          'hub killed': kills,
          'links cut': cuts,
        };
      } finally {
        for (const wire of wires) wire.close();
      }
    });
}
