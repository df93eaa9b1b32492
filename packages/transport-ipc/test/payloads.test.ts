import { join } from 'node:path';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { answerPayloads, payloadFaults } from '@bus/test-support/payloads';
import type { LinkOptions } from '@bus/wire';
import { jsonCodec, msgpackCodec } from '@bus/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { startChild, startWorker, word } from './support/fixtures.ts';
import { quietLog } from './support/host.ts';

async function socket(options: LinkOptions) {
  const path = join(await directory(), 'far.sock');
  expect(await word(startChild('payloads', [path]))).toBe('started');
  return transportIpc({ connect: path }, options);
}

const links = {
  'a socket': () => socket({ codec: msgpackCodec() }),
  'a socket, in JSON': () => socket({ codec: jsonCodec() }),
  'a thread': async () => transportIpc({ port: startWorker('payloads') }),
  'a child process': async () => transportIpc({ port: startChild('payloads') }),
  'a child process, serialization advanced': async () =>
    transportIpc({ port: startChild('payloads', [], 'advanced') }),
};

describe('every payload of the documentation', { timeout: 30_000 }, () => {
  it('is, within a process, what it was', async () => {
    const bus = createBus({ log: quietLog }).use(correlation());
    answerPayloads(bus);
    await bus.start();
    onTestFinished(() => bus.stop());
    expect(await payloadFaults(bus, false)).toEqual([]);
  });

  it.each(Object.entries(links))(
    'arrives over %s as it was sent, or is refused with its path',
    async (_what, open) => {
      const bus = createBus({ log: quietLog }).use(correlation(), await open());
      onTestFinished(() => bus.stop({ drainMs: 0 }));
      await bus.start();
      expect(await payloadFaults(bus, true)).toEqual([]);
    },
  );
});
