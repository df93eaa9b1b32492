export type { VirtualEnv } from '@bus/virtual-env';
// Named by the types of what is made here, where `@bus/wire` cannot be found under its name.
export type { Transport, TransportFeatures, TransportPlugin } from '@bus/wire';
export type {
  ConformanceOptions,
  Fixture,
  KnownFailure,
  TransportEnd,
} from './conformance/fixture.ts';
export { transportConformance } from './conformance/transport-conformance.ts';
export type { Direction, FaultCounts, Faults } from './faulty/faults.ts';
export type { FaultyOptions, FaultyTransport } from './faulty/faulty-transport.ts';
export { faultyTransport } from './faulty/faulty-transport.ts';
export { matcherConformance } from './matcher/matcher-conformance.ts';
export type { MatcherConformanceOptions, MatcherSample } from './matcher/options.ts';
export type { MemoryFeatures, MemoryLink, MemoryOptions } from './memory/memory-transport.ts';
export { memoryTransport } from './memory/memory-transport.ts';
export type { CollectingRunner, TestResult, TestRunner } from './runner.ts';
export { collectingRunner } from './runner.ts';
export { virtualEnv } from './virtual-env.ts';
