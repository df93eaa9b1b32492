import { expect, it } from 'vitest';
import { jsonOf, type } from '../support/raw-bytes.ts';
import { plainHello } from '../support/raw-peer.ts';
import { listening } from '../support/test-bus.ts';

it('offers all there is in frames that the peer takes, however small', async () => {
  for (const frameBytes of [1000, 4096, 16_384, 1_000_000]) {
    const { linked, bus } = await listening();
    for (let n = 0; n < 300; n++) bus.subscribe(`topic.ü.number.${n}`, () => undefined);
    const peer = await linked('peer', { limits: { ...plainHello.limits, frameBytes } });
    const offers = peer.of(type.offer);
    const most = Math.min(frameBytes - 2, 65_536);
    expect(offers.filter(({ body }) => body.length > most)).toEqual([]);
    expect(offers.flatMap((offer) => jsonOf(offer) as unknown[])).toHaveLength(300);
  }
});
