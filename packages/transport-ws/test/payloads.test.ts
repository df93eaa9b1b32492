import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { quiet } from '@bus/test-support';
import { answerPayloads, payloadFaults } from '@bus/test-support/payloads';
import { jsonCodec, msgpackCodec } from '@bus/wire';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';

test.each([
  ['MessagePack', msgpackCodec()],
  ['JSON', jsonCodec()],
])(
  'every payload of the documentation arrives in %s as it was sent, or is refused with its path',
  { timeout: 30_000 },
  async (_what, codec) => {
    const listener = transportWs({ listen: { port: 0 } }, { receive: ['payload.*'] });
    const far = createBus({ log: quiet }).use(correlation(), listener);
    answerPayloads(far);
    await far.start();
    const link = transportWs({ connect: listener.transport.address }, { codec });
    const near = createBus({ log: quiet }).use(correlation(), link);
    onTestFinished(async () => {
      await Promise.all([near.stop({ drainMs: 0 }), far.stop({ drainMs: 0 })]);
    });
    await near.start();
    expect(await payloadFaults(near, true)).toEqual([]);
  },
);
