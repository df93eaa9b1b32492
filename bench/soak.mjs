// node bench/soak.mjs [--for 60s] [--rate 100000] [--json]
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { heapUsed } from './lib/heap.mjs';
import { openBus } from './lib/ours.mjs';
import { openTraffic } from './lib/traffic.mjs';
import { trend } from './lib/trend.mjs';

const SAMPLE_MS = 5000;
/** How far the heap's floor may rise: a byte kept of each message lifts it more in twenty seconds. */
const GROWTH_BYTES = 1_500_000;
/** A stalled loop makes up for this much at once; the rest of its debt is forgiven. */
const LARGEST_BURST = 1000;

const { values: options } = parseArgs({
  options: {
    for: { type: 'string', default: '60s' },
    rate: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
});
const durationMs = Number.parseFloat(options.for) * (options.for.endsWith('m') ? 60_000 : 1000);
const perMs = Number(options.rate) / 1000;

setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');

/** @param {string} text */
function say(text) {
  if (!options.json) process.stdout.write(`${text}\n`);
}

const bus = await openBus();
const traffic = openTraffic(bus);

/** @type {Array<{ second: number, heap: number }>} */
const samples = [];
function sample() {
  const second = (performance.now() - started) / 1000;
  const heap = heapUsed();
  samples.push({ second, heap });
  const { accepted, inFlight } = bus.inspect().outcomes;
  say(
    `${second.toFixed(0).padStart(4)} s  heap ${(heap / 1e6).toFixed(2)} MB` +
      `  sent ${traffic.sent}  accepted ${accepted}  in flight ${inFlight}`,
  );
}

const started = performance.now();
let owed = 0;
let last = started;
let nextSample = started + SAMPLE_MS;
let forgiven = 0;
while (last - started < durationMs) {
  const now = performance.now();
  owed += (now - last) * perMs;
  last = now;
  forgiven += Math.max(0, owed - LARGEST_BURST);
  owed = Math.min(owed, LARGEST_BURST);
  for (; owed >= 1; owed--) traffic.send();
  if (now >= nextSample) {
    nextSample += SAMPLE_MS;
    await traffic.settled();
    sample();
    last = performance.now();
  }
  await nextTurn();
}

await traffic.settled();
sample();
const { outcomes } = bus.inspect();
await bus.stop();

const { accepted, inFlight, ended } = outcomes;
const { dropped, ...counts } = ended;
const sumOf = (record) => Object.values(record).reduce((sum, count) => sum + count, 0);
const total = sumOf(counts) + sumOf(dropped);
const isBalanced = accepted === total + inFlight && inFlight === 0;
const ranAll = traffic.handled === ended.handled;

// The first quarter is spent filling caches and compiling.
const steady = samples.filter(({ second }) => second * 1000 >= durationMs / 4);
const { perMinute, floorRise } = trend(steady);
const grows = floorRise > GROWTH_BYTES;

const report = {
  seconds: durationMs / 1000,
  sent: traffic.sent,
  ratePerSecond: Math.round((traffic.sent * 1000) / durationMs),
  forgiven: Math.round(forgiven),
  replies: traffic.replies,
  refused: traffic.refused,
  handled: traffic.handled,
  outcomes,
  balanced: isBalanced && ranAll,
  heap: { samples, bytesPerMinute: Math.round(perMinute), floorRise, grows },
};
if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
say(
  `\n${report.sent} messages, ${report.ratePerSecond}/s (${report.forgiven} left out while the` +
    ` machine stalled); ${report.replies} replies, refused ${JSON.stringify(report.refused)}`,
);
say(`handlers ran ${report.handled} times; outcomes ${JSON.stringify(outcomes)}`);
say(`sums ${report.balanced ? 'balance' : 'DO NOT BALANCE'}`);
say(
  `after the first quarter the heap gained ${(perMinute / 1e6).toFixed(2)} MB a minute, its floor` +
    ` ${(floorRise / 1e6).toFixed(2)} MB: ${grows ? 'IT GROWS' : 'flat'}`,
);
process.exitCode = report.balanced && !grows ? 0 : 1;
