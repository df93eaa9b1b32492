import { expect, it } from 'vitest';
import { examples } from '../support/examples.ts';
import { numbersFrom } from '../support/fuzz-corpus.ts';
import { listening } from '../support/test-bus.ts';

const seeds = process.env.SEED === undefined ? Number(process.env.SEEDS ?? 300) : 1;
const first = Number(process.env.SEED ?? 1);
const codes = ['WIRE_PROTOCOL_ERROR', 'WIRE_LIMIT_EXCEEDED'];

/** What a peer says after the handshake: frames of the page, damaged here and there. */
function damaged(seed: number, frames: readonly Buffer[]): Buffer {
  const random = numbersFrom(seed);
  const upTo = (most: number): number => Math.floor(random() * most);
  const said = Buffer.concat(
    Array.from({ length: 1 + upTo(12) }, () => frames[upTo(frames.length)] as Buffer),
  );
  for (let i = upTo(4); i > 0; i--) said[upTo(said.length)] = upTo(256);
  return random() < 0.2 ? said.subarray(0, upTo(said.length)) : said;
}

it('whatever frames are damaged, the link closes with a code or goes on, and others do not notice', async () => {
  const page = examples();
  const frames = [...page]
    .filter(([name]) => !['hello', 'welcome', 'bye'].includes(name))
    .map(([, bytes]) => bytes);
  const { bus, env, linked } = await listening({}, { limits: { inFlight: 1e6 } });
  bus.subscribe('**', () => undefined);
  bus.handle('price.*', ({ payload }) => payload);
  const witness = await linked('witness');
  let closed = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const peer = await linked(`peer-${seed}`);
    const said = damaged(seed, frames);
    for (let at = 0; at < said.length && !peer.closed; at += 7) {
      peer.say(said.subarray(at, at + 7));
    }
    await env.settle();
    const replay = `SEED=${seed} npx vitest run --project wire frame-fuzz`;
    if (peer.closed) expect([replay, codes.includes(peer.byeCode ?? '')]).toEqual([replay, true]);
    expect([replay, witness.closed]).toEqual([replay, false]);
    if (peer.closed) closed++;
    else peer.events?.closed();
    await env.settle();
  }
  const { accepted, inFlight, ended } = bus.inspect().outcomes;
  const { dropped, ...others } = ended;
  const sum = [...Object.values(others), ...Object.values(dropped)].reduce((a, b) => a + b, 0);
  expect(accepted).toBe(sum + inFlight);
  // Both happen, or the corpus would show little.
  if (seeds > 1) expect([closed > seeds / 10, closed < seeds]).toEqual([true, true]);
});
