/**
 * A program with a large contract, many plugins and many wildcard subscriptions, to be compiled for
 * what it costs.
 * @param {{ topics: number, plugins: number, subscriptions: number }} size
 */
export function scaleSource({ topics, plugins, subscriptions }) {
  const topic = (i) => `area${i % 20}.thing${i}.done`;
  const numbers = (count) => Array.from({ length: count }, (_, i) => i);
  const entry = (i) =>
    `  '${topic(i)}': { payload: { id: ${i}; name: string }${i % 5 === 0 ? `; reply: { ok: ${i} }` : ''} };`;
  const plugin = (i) => `
interface Api${i}<C> { readonly p${i}: { a(topic: Topic<C>): ${i}; b(): void } }
interface P${i} extends Capability { readonly name: 'p${i}'; readonly api: Api${i}<this['contract']> }
declare const p${i}: Plugin<P${i}>;`;
  const use = (i) => {
    if (i % 2 === 0) {
      return `bus.subscribe('area${i % 20}.*.done', (m) => { const name: string = m.payload.name; });`;
    }
    return `bus.subscribe('area${i % 20}.**', (m) => { const topic: string = m.topic; });`;
  };
  const publish = (i) => {
    const at = (i * 5 + 1) % topics;
    return `bus.publish('${topic(at)}', { id: ${at}, name: 'x' });`;
  };
  return `import { createBus } from '@bus/core';
import type { Capability, Plugin, Topic } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { correlation } from '@bus/correlation';
import { routerGlob } from '@bus/router-glob';
interface Contract {
${numbers(topics).map(entry).join('\n')}
}
${numbers(plugins).map(plugin).join('')}
const bus = createBus<Contract>().use(pubsub(), correlation(), routerGlob(), ${numbers(plugins)
    .map((i) => `p${i}`)
    .join(', ')});
${numbers(subscriptions).map(use).join('\n')}
${numbers(20).map(publish).join('\n')}
`;
}
