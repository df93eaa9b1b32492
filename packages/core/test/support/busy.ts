import type { EndpointDefinition, Message, Priority } from '../../src/index.ts';
import { testBench } from './bench.ts';
import { gate } from './promises.ts';

/** A subscription to `a` that is busy with its first message; the rest of `seen` waited. */
export async function busy(options: Partial<EndpointDefinition>) {
  const bench = await testBench();
  const { publish, subscribe, env } = bench;
  const slow = gate();
  const seen: string[] = [];
  const endpoint = subscribe(
    'a',
    (message: Message) => {
      seen.push(`${message.payload}${message.missed > 0 ? ` missed ${message.missed}` : ''}`);
      return slow.promise;
    },
    { name: 'busy', ...options },
  );
  await publish('a', 'first');
  const send = (payload: string, priority: Priority = 'normal', key?: string) =>
    publish('a', payload, { priority, key });
  const finish = async (): Promise<string> => {
    slow.open();
    await env.settle();
    return seen.slice(1).join();
  };
  return { ...bench, endpoint, send, finish, seen };
}
