import type { Endpoint } from '@bus/core';
import { virtualEnv } from '@bus/virtual-env';
import { expect } from '../expect.ts';
import type { MatcherConformanceOptions, MatcherSample } from './options.ts';
import { RouterTrial } from './router-trial.ts';

interface MatcherCase {
  readonly title: string;
  readonly byChance: boolean;
  run(options: MatcherConformanceOptions): Promise<void>;
}

export const cases: readonly MatcherCase[] = [
  { title: 'claims its patterns', byChance: false, run: claims },
  { title: 'finds what a pattern matches, and nothing else', byChance: false, run: samples },
  { title: 'finds each of several with one pattern, once', byChance: false, run: several },
  { title: 'forgets what was removed, and nothing else', byChance: false, run: forgets },
  { title: 'answers for one endpoint as it does for all', byChance: true, run: agrees },
  { title: 'is deaf to the bus’s own topics unless they are named', byChance: false, run: system },
  { title: 'orders patterns by how specific they are', byChance: false, run: specificity },
  {
    title: 'finds what a plain reading finds, whatever came and went',
    byChance: true,
    run: random,
  },
  { title: 'finds among 10,000 patterns, and none of them later', byChance: true, run: thousands },
];

/** Names of members that every object has are ordinary segments. */
const segments = ['a', 'b', 'ab', 'constructor', '__proto__'];
const systemTopics = ['$bus.peer.up', '$bus.endpoint.added'];

function topicsOf({ topics, samples: given }: MatcherConformanceOptions): readonly string[] {
  if (topics !== undefined) return [...topics, ...systemTopics];
  const two = segments.flatMap((one) => segments.map((other) => `${one}.${other}`));
  const three = two.flatMap((start) => ['a', 'b'].map((end) => `${start}.${end}`));
  const named = given.flatMap(({ matches, misses }) => [...matches, ...misses]);
  return [...new Set([...segments, ...two, ...three, ...named, ...systemTopics])];
}

function randomOf({ seed = 1 }: MatcherConformanceOptions): () => number {
  return virtualEnv({ seed }).random;
}

async function claims({ create, samples: given }: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(create());
  for (const { pattern } of given) {
    const { matcher } = trial.add(pattern);
    expect(matcher !== undefined, `'${String(pattern)}' was left to the kernel`);
  }
}

async function samples(options: MatcherConformanceOptions): Promise<void> {
  for (const sample of options.samples) {
    const trial = await RouterTrial.start(options.create());
    const endpoint = trial.add(sample.pattern);
    for (const topic of sample.matches) expectSample(options, sample, topic, true);
    for (const topic of sample.misses) expectSample(options, sample, topic, false);
    for (const topic of sample.matches) trial.expectFound(topic, [endpoint]);
    for (const topic of sample.misses) trial.expectFound(topic, []);
  }
}

/** The plain reading has to be right too. */
function expectSample(
  { matches }: MatcherConformanceOptions,
  { pattern }: MatcherSample,
  topic: string,
  wanted: boolean,
): void {
  const said = matches(pattern, topic);
  expect(said === wanted, `\`matches\` says ${said} of '${String(pattern)}' and '${topic}'`);
}

async function several(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  for (const { pattern } of options.samples) {
    const endpoints = [1, 2, 3].map(() => trial.add(pattern));
    for (const topic of topicsOf(options)) {
      trial.expectFound(topic, options.matches(pattern, topic) ? endpoints : []);
    }
    for (const endpoint of endpoints) endpoint.stop();
  }
}

async function forgets(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  const there = new Set(
    options.samples.flatMap(({ pattern }) => [1, 2].map(() => trial.add(pattern))),
  );
  for (const endpoint of [...there]) {
    endpoint.stop();
    there.delete(endpoint);
    expectAll(trial, options, there);
  }
}

function expectAll(
  trial: RouterTrial,
  options: MatcherConformanceOptions,
  there: ReadonlySet<Endpoint>,
): void {
  for (const topic of topicsOf(options)) {
    const expected = [...there].filter(({ pattern }) => options.matches(pattern, topic));
    trial.expectFound(topic, expected);
  }
}

async function agrees(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  const random = randomOf(options);
  const endpoints = [
    ...options.samples.map(({ pattern }) => trial.add(pattern)),
    ...Array.from({ length: 50 }, () => trial.add(options.pattern(random))),
  ];
  const expectOne = (endpoint: Endpoint): void => {
    const { pattern, matcher } = endpoint;
    for (const topic of topicsOf(options)) {
      const wanted = options.matches(pattern, topic);
      const said = matcher?.matches(endpoint, topic) ?? wanted;
      expect(said === wanted, `'matches' says ${said} of '${String(pattern)}' and '${topic}'`);
    }
  };
  for (const endpoint of endpoints) expectOne(endpoint);
  for (const endpoint of endpoints) {
    endpoint.stop();
    // It is asked of those that are gone, too: the kernel looks what their going touches.
    expectOne(endpoint);
  }
}

async function system(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  for (const { pattern } of options.samples) {
    if (/^\/?\^?\\?\$bus/.test(String(pattern))) continue;
    const endpoint = trial.add(pattern);
    for (const topic of systemTopics) trial.expectFound(topic, []);
    endpoint.stop();
  }
}

async function specificity(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  const sorted = options.order.map((pattern) => trial.add(pattern).specificity);
  for (const [i, pattern] of options.order.entries()) {
    const own = trial.add(pattern).specificity;
    expect(typeof own === 'string' && own !== '', `'${String(pattern)}' has no specificity`);
    expect(own === sorted[i], `'${String(pattern)}' has another specificity the second time`);
    const before = options.order[i - 1];
    const less = before === undefined || (sorted[i - 1] as string) < own;
    expect(less, `'${String(before)}' is not more specific than '${String(pattern)}'`);
  }
}

const steps = 200;

async function random(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  const chance = randomOf(options);
  const topics = topicsOf(options);
  const there = new Set<Endpoint>();
  for (let step = 0; step < steps; step++) {
    const all = [...there];
    const gone = all[Math.floor(chance() * all.length)];
    if (gone === undefined || chance() < 0.6) there.add(trial.add(options.pattern(chance)));
    else {
      gone.stop();
      there.delete(gone);
    }
    // A few at every step, so that routes are cached when the next one comes.
    for (let i = 0; i < 5; i++) {
      const topic = topics[Math.floor(chance() * topics.length)] as string;
      const expected = [...there].filter(({ pattern }) => options.matches(pattern, topic));
      trial.expectFound(topic, expected);
    }
  }
  expectAll(trial, options, there);
}

const many = 10_000;

async function thousands(options: MatcherConformanceOptions): Promise<void> {
  const trial = await RouterTrial.start(options.create());
  const chance = randomOf(options);
  const endpoints = Array.from({ length: many }, () => trial.add(options.pattern(chance)));
  const topics = topicsOf(options).slice(0, 20);
  for (const topic of topics) {
    const wanted = endpoints.filter(({ pattern }) => options.matches(pattern, topic));
    const claimed = wanted.filter(({ matcher }) => matcher !== undefined);
    const found = new Set(trial.found(topic));
    const right = found.size === claimed.length && claimed.every((endpoint) => found.has(endpoint));
    expect(
      right,
      `on '${topic}' are found ${found.size} of ${many}, where ${claimed.length} match`,
    );
    expect(trial.found(topic).length === found.size, `on '${topic}' some are found twice`);
  }
  for (const endpoint of endpoints) endpoint.stop();
  for (const topic of topics) trial.expectFound(topic, []);
}
