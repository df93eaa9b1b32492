import { atMost, must, timesBetter } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { oneWay } from '../links/one-way.mjs';
import { HUB_CORES, relayed } from '../links/relay.mjs';

const DIRECT = `${OURS}, direct`;

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-relay',
  group: 'links',
  title: 'From a publisher through a hub to a handler, three processes over Unix sockets',
  tables: [
    {
      title: 'payload of 128 bytes',
      unit: 'µs a message',
      perSecond: 1e6,
      beside: ['CPU publisher', 'CPU hub', 'CPU broker', 'CPU subscriber', HUB_CORES],
      contenders: {
        'nats.js, nats-server': oneWay('nats', { server: 'nats' }),
        [DIRECT]: oneWay('bus'),
        [OURS]: relayed('bus'),
      },
      goals: [must(timesBetter(0.5, DIRECT)), must(atMost(1, 'cores', `${OURS} ${HUB_CORES}`))],
    },
  ],
};
