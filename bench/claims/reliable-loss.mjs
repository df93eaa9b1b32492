import { atMost, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { survived } from '../links/reliable-loss.mjs';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'reliable-loss',
  group: 'plugins',
  title: '20,000 reliable messages of 100 keys, while links are cut and the hub is killed',
  tables: [
    {
      title: 'a publisher, a hub and a subscriber, each a process, over Unix sockets',
      unit: 'messages',
      beside: [
        'lost',
        'out of order',
        'handled twice',
        'not acknowledged',
        'sent again',
        'duplicates caught',
        'hub killed',
        'links cut',
      ],
      contenders: { [OURS]: survived() },
      goals: [
        must(atMost(0, 'messages', `${OURS} lost`)),
        must(atMost(0, 'messages', `${OURS} out of order`)),
        must(atMost(0, 'messages', `${OURS} handled twice`)),
        must(atMost(0, 'messages', `${OURS} not acknowledged`)),
      ],
      rounds: 1,
      notes: [
        'a link is cut every 250 ms, in turn; every 1.5 s the hub is killed by SIGKILL instead, and started again',
      ],
    },
  ],
};
