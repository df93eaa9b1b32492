import type { Host } from '@bus/core';
import { virtualEnv } from '@bus/virtual-env';
import { expect, test } from 'vitest';
import { defineTransport } from '../../src/plugin/define-transport.ts';
import {
  batchingOf,
  heartbeatOf,
  limitsOf,
  reconnectOf,
  renamed,
} from '../../src/plugin/settings.ts';
import { Cable } from '../support/cable.ts';

test.each([
  [{ recieve: ['a'] }, "transport 'cable' has no option 'recieve': did you mean 'receive'?"],
  [
    { export: ['a'], receive: ['a'] },
    "transport 'cable' has no option 'export' any more: list what this bus takes from the peer in 'receive'",
  ],
  [
    { import: [], send: [] },
    "transport 'cable' has no option 'import' any more: list what this bus sends to the peer in 'send'",
  ],
  [{ limits: { frameByte: 1 } }, "limits has no option 'frameByte': did you mean 'frameBytes'?"],
  [
    { heartbeat: { interval: 1 } },
    "heartbeat has no option 'interval': did you mean 'intervalMs'?",
  ],
  [{ reconnect: { maxMS: 1 } }, "reconnect has no option 'maxMS': did you mean 'maxMs'?"],
  [{ batching: { waitms: 1 } }, "batching has no option 'waitms': did you mean 'waitMs'?"],
  [{ limits: 5 }, "option 'limits' is 5: give an object of options, or nothing"],
  ['a', "option 'transport 'cable'' is 'a': give an object of options, or nothing"],
])('refuses %j', (options, text) => {
  const { listener } = new Cable(virtualEnv());
  expect(() => defineTransport(listener, options as never)).toThrow(
    expect.objectContaining({ code: 'BUS_OPTION_INVALID', message: text }),
  );
});

test('parts of an option that are undefined have their defaults', () => {
  const options = {
    limits: { depth: undefined, frameBytes: undefined },
    heartbeat: { idleMs: undefined, downMs: 9000 },
    reconnect: { baseMs: undefined },
    batching: { bytes: undefined, waitMs: undefined },
  };
  const { listener } = new Cable(virtualEnv());
  expect(() => defineTransport(listener, options)).not.toThrow();
  const host = { limits: { payloadBytes: 1 } } as Host;
  expect(limitsOf(options, host)).toEqual(limitsOf({}, host));
  expect(heartbeatOf(options)).toEqual({ ...heartbeatOf({}), downMs: 9000 });
  expect(reconnectOf(options)).toEqual(reconnectOf({}));
  expect(batchingOf(options)).toEqual(batchingOf({}));
});

test('takes an option that is there and undefined', () => {
  const { listener } = new Cable(virtualEnv());
  expect(() =>
    defineTransport(listener, {
      recieve: undefined,
      export: undefined,
      limits: undefined,
    } as never),
  ).not.toThrow();
});

test('the names of 0.1 mean what they meant, and the log says what to write now', () => {
  const given = { export: ['a'], import: ['b'], relay: false } as never;
  expect(renamed('it', given)).toEqual({
    options: { receive: ['a'], send: ['b'], relay: false },
    advice: [
      "it has no option 'export' any more: list what this bus takes from the peer in 'receive'",
      "it has no option 'import' any more: list what this bus sends to the peer in 'send'",
    ],
  });
});
