export type { VirtualEnv } from '@bus/virtual-env';
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
