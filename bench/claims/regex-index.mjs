import { limit } from '../lib/emitters.mjs';
import { LIMIT, must, timesBetter } from '../lib/goals.mjs';
import { OURS, oursWithRegex } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';
import { devicePatterns, deviceTopics } from '../lib/topics.mjs';

const NAIVE = 'a loop over all regexes';
const COLD = 200_000;

/** @returns {import('../lib/emitters.mjs').Emitter} */
function naive() {
  /** @type {Array<{ matches: RegExp, handler: (input: any) => void }>} */
  const routes = [];
  return {
    shape: 'payload',
    // What is subscribed to first may be the topics by which call sites are taught.
    on: (pattern, handler) =>
      routes.push({ matches: new RegExp(pattern.source ?? `^${pattern}$`), handler }),
    emit(topic, payload) {
      for (const { matches, handler } of routes) if (matches.test(topic)) handler(payload);
    },
  };
}

function regexes() {
  return devicePatterns().map(
    (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replace('*', 'sensor\\d+')}$`),
  );
}

const cold = (open) => emitting(open, () => ({ patterns: regexes(), topics: deviceTopics(COLD) }));

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'regex-index',
  group: 'kernel',
  title: 'Publish past 10,000 regexes with literal prefixes, of which one matches',
  tables: [
    {
      title: 'topics hardly repeat: 200,000 of them, more than any bounded cache holds',
      unit: 'ns a publish',
      contenders: {
        [LIMIT]: emitting(limit, () => ({ patterns: deviceTopics(COLD) })),
        [NAIVE]: cold(naive),
        [OURS]: cold(oursWithRegex),
      },
      goals: [must(timesBetter(50, NAIVE))],
    },
  ],
};
