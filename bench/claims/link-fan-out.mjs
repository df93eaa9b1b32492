import { must, timesBetter } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { fannedOut, HUB_CPU } from '../links/fan-out.mjs';

const BY_HAND = 'ws by hand, each encoded and sent';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-fan-out',
  group: 'links',
  title: 'From a publisher through a hub to 50 subscribers with a WebSocket each',
  tables: [
    {
      title: 'payload of 128 bytes; 50 clients in two processes',
      unit: 'µs a delivery',
      perSecond: 1e6,
      beside: [HUB_CPU],
      contenders: {
        [BY_HAND]: fannedOut('ws-fan-out'),
        'ws by hand, encoded once, each sent': fannedOut('ws-fan-out', { once: true }),
        'ws by hand, encoded once, batched': fannedOut('ws-fan-out', { batched: true }),
        [OURS]: fannedOut('bus'),
      },
      goals: [
        must(timesBetter(4, BY_HAND)),
        must(timesBetter(10, `${BY_HAND} ${HUB_CPU}`, `${OURS} ${HUB_CPU}`)),
      ],
      notes: [
        'the publisher reaches the hub over a Unix socket, in batches; every delivery is counted',
      ],
    },
  ],
};
