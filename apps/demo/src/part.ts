import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Plugin } from '@bus/core';
import { transportIpc } from '@bus/transport-ipc';
import { assemble } from './assembly.ts';
import type { FromPart, PartData, ToPart } from './parts/control.ts';
import { isControl } from './parts/control.ts';
import { countingLog, endOf } from './parts/ending.ts';
import { beforeLinksClose, LinkTally } from './parts/link-counts.ts';
import { threadHeartbeat } from './parts/start-part.ts';

/** How often it says what it has counted, in case that it is lost. */
const countEveryMs = 100;

/** How a part talks to whoever started it. */
interface Starter {
  tell(message: FromPart): void;
  hear(listener: (message: unknown) => void): void;
  /** Nothing more is to be said. */
  leave(): void;
}

if (isMainThread) {
  const data = JSON.parse(process.argv[2] ?? '') as PartData;
  await run(data, transportIpc({ connect: data.socket }), processStarter());
} else if (parentPort !== null) {
  const data = workerData as PartData & { readonly port: MessagePort };
  await run(
    data,
    transportIpc({ port: data.port }, { heartbeat: threadHeartbeat }),
    threadStarter(parentPort),
  );
}

/** Has the modules of one place on a bus of their own, until it is told to end. */
async function run(data: PartData, link: Plugin, starter: Starter): Promise<void> {
  const { place, settings } = data;
  const log = countingLog();
  let close: () => void = () => undefined;
  const mayClose = new Promise<void>((resolve) => {
    close = resolve;
  });
  const tally = new LinkTally(() => bus, [data.hub]);
  const counted = beforeLinksClose(() => {
    starter.tell({ demo: 'drained', links: tally.all() });
    return mayClose;
  });
  const bus = assemble(place, { settings, log, links: [link, tally.plugin, counted] });
  const count = setInterval(() => {
    const { outcomes } = bus.inspect();
    starter.tell({ demo: 'counted', counts: { outcomes, links: tally.all() } });
  }, countEveryMs);
  const end = async (): Promise<void> => {
    clearInterval(count);
    starter.tell({ demo: 'ended', end: await endOf(bus, log) });
    starter.leave();
  };
  starter.hear((message) => {
    if (!isControl<ToPart>(message)) return;
    if (message.demo === 'end') void end();
    else close();
  });
  await bus.start();
  starter.tell({ demo: 'ready' });
}

function processStarter(): Starter {
  const orphaned = (): never => process.exit(1);
  process.on('disconnect', orphaned);
  // Ctrl-C goes to the whole group; the hub says when to end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  return {
    tell: (message) => void process.send?.(message),
    hear: (listener) => void process.on('message', listener),
    leave: () => {
      process.off('disconnect', orphaned);
      process.disconnect();
    },
  };
}

function threadStarter(port: MessagePort): Starter {
  return {
    tell: (message) => port.postMessage(message),
    hear: (listener) => void port.on('message', listener),
    leave: () => port.close(),
  };
}
