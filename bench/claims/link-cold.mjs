import { aim, atMostTimes, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { coldOneWay } from '../links/cold.mjs';

const FRAMES = 'frames by hand';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-cold',
  title: 'The first messages over a Unix socket, from process to process',
  group: 'links',
  tables: [
    {
      title: 'from link up to the 100,000th message, payload of 128 bytes',
      unit: 'ms',
      beside: ['in the first second'],
      contenders: { [FRAMES]: coldOneWay('frames'), [OURS]: coldOneWay('bus') },
      goals: [must(atMostTimes(1.8, FRAMES)), aim(atMostTimes(1.3, FRAMES))],
      notes: ['in the first second: how many messages had arrived one second after link up'],
    },
  ],
};
