/** What the transports of these tests can do. */
export const streamFeatures = {
  framing: 'stream',
  ordered: true,
  backpressure: true,
  reconnect: true,
  detectsClose: true,
  transfers: false,
  maxSendBytes: undefined,
} as const;
