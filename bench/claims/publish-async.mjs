import * as peers from '../lib/emitters.mjs';
import { aim, atMostTimes, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours, oursConcurrent, oursUntapped, TAPPED } from '../lib/ours.mjs';
import { AT_A_TIME, emittingAsync } from '../lib/scenarios.mjs';

const EVENTS = 'node:events';
const EMIT_ASYNC = 'eventemitter2 emitAsync';
const CONCURRENT = `${OURS}, concurrency ${AT_A_TIME}`;

/** @param {Parameters<typeof emittingAsync>[1]} shape */
function contenders(shape) {
  const to = (open) => emittingAsync(open, shape);
  return {
    [EVENTS]: to(peers.nodeEvents),
    [EMIT_ASYNC]: to(peers.emitAsync),
    [`${EMIT_ASYNC}, wildcards`]: to(peers.emitAsyncWildcards),
    emittery: to(peers.emittery),
    [OURS]: to(oursUntapped),
    [CONCURRENT]: to(oursConcurrent),
    [TAPPED]: to(ours),
  };
}

const goals = [
  must(atMostTimes(2, EVENTS)),
  must(timesBetter(1.2, EMIT_ASYNC)),
  aim(atMostTimes(1.3, EVENTS)),
  aim(timesBetter(2, EMIT_ASYNC)),
];

const unit = 'ns a publish';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'publish-async',
  title: `Publish to async handlers, ${AT_A_TIME} messages at a time`,
  group: 'kernel',
  tables: [
    {
      short: '1 handler',
      title: '1 handler, which awaits a settled promise',
      unit,
      contenders: contenders({ subscribers: 1 }),
      goals,
      notes: [
        'from the first publish of a hundred until the last handler is done',
        `${OURS}: one message at a time and in order for each subscriber, unless the row says otherwise`,
        'node:events waits for nothing and notices no rejection',
      ],
    },
    {
      short: '10 handlers',
      title: '10 handlers, each of which awaits a settled promise',
      unit,
      contenders: contenders({ subscribers: 10 }),
      goals,
    },
    {
      title: '1 async handler without an await: the promise it returns is all there is to wait for',
      unit,
      contenders: contenders({ subscribers: 1, awaits: false }),
      goals: [],
    },
  ],
};
