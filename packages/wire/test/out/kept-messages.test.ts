import type { BusMessage } from '@bus/core';
import { definePlugin } from '@bus/core';
import { expect, test } from 'vitest';
import { msgpackCodec } from '../../src/codec/msgpack-codec.ts';
import { smallMemory } from '../../src/frames/memory.ts';
import type { ReceivedPayload } from '../../src/in/received-payload.ts';
import { KeptMessages } from '../../src/out/kept-messages.ts';
import { listening } from '../support/test-bus.ts';

test('one that waits to leave keeps little more memory than it needs, whatever waited beside it', async () => {
  const sent: BusMessage[] = [];
  const watcher = definePlugin({
    name: 'sent',
    setup(host) {
      host.hooks.outbound.tap((message) => {
        sent.push(message as BusMessage);
        return message;
      });
      return undefined;
    },
  });
  const { bus } = await listening({}, { plugins: [watcher] });
  await bus.publish('a', { n: 1 });
  const [message] = sent as [BusMessage];
  const limits = { depth: 9, nodes: 99, mapEntries: 99 };
  const reading = { codec: msgpackCodec(), limits, failed: () => undefined };
  const keeper = new KeptMessages();
  for (const length of [0, 1, 20, 15_000, 20, 2048, 2049, 1, 8000, 65_536, 20, 300, 300]) {
    const bytes = new Uint8Array(length).fill(length);
    const { buffer, start, end } = keeper.add(message, bytes, reading).encoded as ReceivedPayload;
    expect(buffer.subarray(start, end)).toEqual(bytes);
    expect(buffer.buffer.byteLength).toBeLessThanOrEqual(Math.max(smallMemory, length));
  }
});
