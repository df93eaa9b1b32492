import type { AnyContract, Bus, BusOptions } from '@bus/core';
import { createBus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';

/** A bus with what most programs install. */
export type LinkedBus = Bus<AnyContract, GlobRouter | PubSub | Correlation>;

/** A bus that says nothing; its transports are still to be installed. */
export function linkedBus(options: BusOptions): LinkedBus {
  return createBus({ log: quiet, ...options }).use(routerGlob(), pubsub(), correlation());
}
